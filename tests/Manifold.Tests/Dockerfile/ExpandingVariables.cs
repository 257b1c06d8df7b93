using Manifold.Dockerfile;

namespace Manifold.Tests.Dockerfile;

/// <summary>
/// The expected values are those that BuildKit and moby publish for their shell lexer (envVarTest and the table of matches).
/// </summary>
public sealed class ExpandingVariables
{
    private const string Error = "error";

    private static readonly Dictionary<string, string> Environment = new()
    {
        ["PWD"] = "/home",
        ["SHELL"] = "bash",
        ["KOREAN"] = "한국어",
        ["NULL"] = "",
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

    [Theory]
    [InlineData("x ${UNUSED}", "x ", "", "UNUSED")]
    [InlineData("${FOO-aaa} ${BAR-bbb} ${BAZ-ccc}", "xxx  ccc", "BAR FOO", "BAZ")]
    [InlineData("${FOO:-aaa} ${BAR:-bbb} ${BAZ:-ccc}", "xxx bbb ccc", "BAR FOO", "BAZ")]
    [InlineData("${FOO:-}", "xxx", "FOO", "")]
    [InlineData("${BAZ:-}", "", "", "BAZ")]
    [InlineData("${FOO+aaa} ${BAR+bbb} ${BAZ+ccc}", "aaa bbb ", "BAR FOO", "BAZ")]
    [InlineData("${FOO:+aaa} ${BAR:+bbb} ${BAZ:+ccc}", "aaa  ", "BAR FOO", "BAZ")]
    [InlineData("${FOO?aaa}", "xxx", "FOO", "")]
    [InlineData("${BAR?bbb}", "", "BAR", "")]
    [InlineData("${ABC:-.}${XY%x}${ABC:-.}", ".xxyy.", "XY", "ABC")]
    [InlineData("${XY#$X}", "xyy", "X XY", "")]
    [InlineData("${XY#$BAR}", "xxyy", "BAR XY", "")]
    [InlineData("${XY#*x*y}", "y", "XY", "")]
    [InlineData("${XY#*}", "xxyy", "XY", "")]
    [InlineData("${XY#}", "xxyy", "XY", "")]
    [InlineData("${XY##*x}", "yy", "XY", "")]
    [InlineData("${XY##}", "xxyy", "XY", "")]
    [InlineData("${XY%}", "xxyy", "XY", "")]
    [InlineData("${XY%%$BAR}", "xxyy", "BAR XY", "")]
    [InlineData("${XY%y*}", "xxy", "XY", "")]
    [InlineData("${XY%%y*}", "xx", "XY", "")]
    [InlineData(@"${META#()[]{\}^$.\*\?|\\}", "x", "META", "")]
    [InlineData(@"${STARS%%\**}", "xx", "STARS", "")]
    [InlineData(@"${STARS2%%\**\*}", "a", "STARS2", "")]
    [InlineData(@"${QUESTION#?\?}", "?y", "QUESTION", "")]
    [InlineData("${GLOB/$NEEDLE/.} - ${GLOB//$NEEDLE/.}", "/foo.*/*.txt - /foo..*.txt", "GLOB NEEDLE", "")]
    [InlineData("${TMP/$SLASHTMP/} - ${TMP//$SLASHTMP/}", "/tmp/bar.txt - /bar.txt", "SLASHTMP TMP", "")]
    [InlineData("${URL/$HTTP/$HTTPS}", "https://google.de", "HTTP HTTPS URL", "")]
    [InlineData(@"${FILE//\//\/}", @"\/tmp\/foo.txt", "FILE", "")]
    [InlineData("${XY/$BAR/ww}", "wwxxyy", "BAR XY", "")]
    [InlineData("${XY///}", "xxyy", "XY", "")]
    [InlineData("${BAZ///}", "", "", "BAZ")]
    public void operators_and_the_variables_that_they_ask_for_are_BuildKits(string word, string expected, string used, string unset)
    {
        var values = new Dictionary<string, string>
        {
            ["FOO"] = "xxx",
            ["BAR"] = "",
            ["XY"] = "xxyy",
            ["X"] = "x",
            ["META"] = @"()[]{}^$.*?|\x",
            ["STARS"] = "xx**",
            ["STARS2"] = "a***yy*",
            ["QUESTION"] = "???y",
            ["GLOB"] = "/foo*/*/*.txt",
            ["NEEDLE"] = @"\*/",
            ["TMP"] = "/tmp/tmp/bar.txt",
            ["SLASHTMP"] = "/tmp",
            ["URL"] = "http://google.de",
            ["HTTP"] = "http://",
            ["HTTPS"] = "https://",
            ["FILE"] = "/tmp/foo.txt",
        };

        var result = Expansion.Expand(word, name => values.GetValueOrDefault(name));

        Assert.Null(result.Error);
        Assert.Equal((expected, used, unset), (result.Text, string.Join(' ', result.Used), string.Join(' ', result.Unset)));
    }

    [Theory]
    [InlineData("${FOO=aaa}")]
    [InlineData("${FOO=}")]
    [InlineData("${BAR:?bbb}")]
    [InlineData("${BAZ?ccc}")]
    [InlineData("${FOO//ww}")]
    [InlineData("${FOO//}")]
    [InlineData(@"${FOO#\x}")]
    public void what_BuildKit_refuses_is_refused(string word) =>
        Assert.NotNull(Expansion.Expand(word, name => name switch { "FOO" => "xxyy", "BAR" => "", _ => null }).Error);

    [Theory]
    [InlineData("hello${hi}bye", "hellohibye")]
    [InlineData("hello${space}bye", "helloabc,defbye")]
    [InlineData("hello\"${space}\"bye", "helloabc  defbye")]
    [InlineData("hello \"${space}\"bye", "hello,abc  defbye")]
    [InlineData("hello${leading}def", "hello,ab,cdef")]
    [InlineData("hello\"${leading}\" def", "hello  ab c,def")]
    [InlineData("hello${leading}", "hello,ab,c")]
    [InlineData("hello${trailing}", "helloab,c")]
    [InlineData("hello${trailing}d", "helloab,c,d")]
    [InlineData("hello\"${trailing}\"d", "helloab c   d")]
    [InlineData("hel\"lo${trailing}\"", "helloab c   ")]
    [InlineData("hello\" there  \"", "hello there  ")]
    [InlineData("hello there     ", "hello,there")]
    [InlineData(@"hello\ there", "hello there")]
    [InlineData("hello\\\" there", "hello\",there")]
    public void words_are_split_where_BuildKit_splits_them(string word, string expected)
    {
        var values = new Dictionary<string, string>
        {
            ["hi"] = "hi",
            ["space"] = "abc  def",
            ["leading"] = "  ab c",
            ["trailing"] = "ab c   ",
        };

        Assert.Equal(expected, string.Join(',', Expansion.Expand(word, name => values.GetValueOrDefault(name)).Words));
    }

    /// <summary>Where POSIX and BuildKit agree, a shell says the same.</summary>
    [Fact]
    public async Task a_shell_agrees()
    {
        string[] words =
        [
            "he'll'o",
            @"he\'llo",
            @"abc\tdef",
            @"'abc\tdef'",
            "\"hel'lo\"",
            "\"''\"",
            "he${hi}xx",
            "he$PWD1",
            "he${XXX:-000}xx",
            "${XXX:-${YYY:-yyy}}",
            "${NULL-000}.${NULL:-000}.${NULL+000}.${NULL:+000}",
            "he${FILE:+${FILE}:}xx",
            @"he${XXX:-\$FILE:}xx",
            "${FILE#/}",
            "${FILE#*/}",
            "${FILE##*/}",
            "${FILE%.*}",
            "${FILE%%.*}",
            "${FILE%/*}",
            "${FILE#t*}",
            "${FILE%?gz}",
            "\"${FILE##*.}\"",
            "${FILE#${XXX:-/tmp}}",
            @"\${FILE}",
            @"""\$FILE""",
            "'$FILE'",
            "${KOREAN#?}",
            "${KOREAN%%?어}",
        ];
        var values = new Dictionary<string, string> { ["NULL"] = "", ["FILE"] = "/tmp/a.tar.gz", ["KOREAN"] = "한국어" };
        var script = "set -f; IFS=; export LC_ALL=C.UTF-8; NULL= FILE=/tmp/a.tar.gz KOREAN=한국어\n"
            + string.Concat(words.Select(word => $"printf '%s\\n' {word}\n"));

        var theirs = await SystemProgram.Run("bash", "-c", script);

        Assert.Equal(theirs.TrimEnd('\n').Split('\n'),
            words.Select(word => Expansion.Expand(word, name => values.GetValueOrDefault(name)).Text));
    }

    [Fact]
    public void another_escape_character_leaves_backslashes_alone()
    {
        Assert.Equal(@"c:\dir $x ""q""", Expansion.Expand(@"c:\dir `$x `""q`""", _ => "v", '`').Text);
        Assert.Equal(@"c:\v", Expansion.Expand(@"""c:\$x""", _ => "v", '`').Text);
    }

    [Fact]
    public void nesting_without_end_and_results_without_end_are_errors()
    {
        var deep = string.Concat(Enumerable.Repeat("${a:-", 100_000));
        var bomb = string.Concat(Enumerable.Repeat("${a//x/", 30)) + "xxxxxxxxxx" + new string('}', 30);

        Assert.Contains("nested", Expansion.Expand(deep, _ => null).Error, StringComparison.Ordinal);
        Assert.Contains("longer", Expansion.Expand(bomb, _ => "xxxxxxxxxx").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("${a//*b/y}")]
    [InlineData("${a//?*?b/y}")]
    [InlineData("${a##*a*a*a*b}")]
    [InlineData("${a%%b*a*a*a}")]
    public void a_pattern_made_to_be_slow_is_not(string word)
    {
        var value = new string('a', 100_000);

        Assert.Equal(value, Expansion.Expand(word, _ => value).Text);
    }
}
