using Manifold.Dockerfile;

namespace Manifold.Tests.Dockerfile;

/// <summary>The expected values are those that BuildKit and moby publish for their shell lexer (envVarTest and the table of matches).</summary>
public sealed class ExpandingVariables
{
    private const string Error = "error";

    private static readonly Dictionary<string, string> Environment = new()
    {
        ["PWD"] = "/home", ["SHELL"] = "bash", ["KOREAN"] = "한국어", ["NULL"] = "",
    };

    [Theory]
    [InlineData("hello", "hello")]
    [InlineData("he'll'o", "hello")]
    [InlineData("he'llo", Error)]
    [InlineData(@"he\'llo", "he'llo")]
    [InlineData(@"he\\'llo", Error)]
    [InlineData(@"abc\tdef", "abctdef")]
    [InlineData(@"""abc\tdef""", @"abc\tdef")]
    [InlineData(@"""abc\\tdef""", @"abc\tdef")]
    [InlineData(@"'abc\tdef'", @"abc\tdef")]
    [InlineData(@"hello\", "hello")]
    [InlineData(@"hello\\", @"hello\")]
    [InlineData(@"""hello", Error)]
    [InlineData(@"""hello\""", Error)]
    [InlineData(@"""hel'lo""", "hel'lo")]
    [InlineData(@"'hello\'", @"hello\")]
    [InlineData("\"''\"", "''")]
    [InlineData("$.", "$.")]
    [InlineData("he$1x", "hex")]
    [InlineData("he$.x", "he$.x")]
    [InlineData("he$pwd.", "he.")]
    [InlineData("he$PWD", "he/home")]
    [InlineData(@"he\$PWD", "he$PWD")]
    [InlineData(@"he\\$PWD", @"he\/home")]
    [InlineData(@"""he\$PWD""", "he$PWD")]
    [InlineData(@"""he\\$PWD""", @"he\/home")]
    [InlineData(@"\${}", "${}")]
    [InlineData(@"\${}aaa", "${}aaa")]
    [InlineData("he${}", Error)]
    [InlineData("he${hi}xx", "hexx")]
    [InlineData("he${PWD}", "he/home")]
    [InlineData("he${.}", Error)]
    [InlineData("he${XXX:-000}xx", "he000xx")]
    [InlineData("he${PWD:-000}xx", "he/homexx")]
    [InlineData("he${XXX:-$PWD}xx", "he/homexx")]
    [InlineData("he${XXX:-${PWD:-yyy}}xx", "he/homexx")]
    [InlineData("he${XXX:-${YYY:-yyy}}xx", "heyyyxx")]
    [InlineData("he${XXX:YYY}", Error)]
    [InlineData("he${XXX:+${PWD}}xx", "hexx")]
    [InlineData("he${PWD:+${SHELL}}xx", "hebashxx")]
    [InlineData("he${XXX-000}xx", "he000xx")]
    [InlineData("he${NULL-000}xx", "hexx")]
    [InlineData("he${NULL:-000}xx", "he000xx")]
    [InlineData("he${NULL+000}xx", "he000xx")]
    [InlineData("he${NULL:+000}xx", "hexx")]
    [InlineData("he${XXX?}", Error)]
    [InlineData("he${NULL?}", "he")]
    [InlineData("he${NULL:?}", Error)]
    [InlineData("'he${XX}'", "he${XX}")]
    [InlineData("\"he${PWD}\"", "he/home")]
    [InlineData("\"he'$PWD'\"", "he'/home'")]
    [InlineData(@"'\$PWD'", @"\$PWD")]
    [InlineData("'\"hello\"'", "\"hello\"")]
    [InlineData("he${PWD", Error)]
    [InlineData("he${PWD:=000}xx", Error)]
    [InlineData("he${PWD:+${PWD}:}xx", "he/home:xx")]
    [InlineData(@"he${XXX:-\$PWD:}xx", "he$PWD:xx")]
    [InlineData(@"he${XXX:-\${PWD}z}xx", "he${PWDz}xx")]
    [InlineData("${", Error)]
    [InlineData("안'녕'하세요", "안녕하세요")]
    [InlineData("안녕$KOREAN", "안녕한국어")]
    public void a_word_becomes_what_BuildKit_makes_of_it(string word, string expected)
    {
        var result = Expansion.Expand(word, name => Environment.GetValueOrDefault(name));

        Assert.Equal(expected, result.Error is null ? result.Text : Error);
    }
}
