using System.Collections.Immutable;
using Manifold.Projects;
using Manifold.Projects.Reading;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Projects.Bake;

/// <summary>
/// Variables of bake files, their types, and what the environment says of them. Expected is what buildx prints, or null where it refuses.
/// </summary>
public sealed class GivingVariablesFromOutside : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("default = \"a\"", "V=b", "V", "b")]
    [InlineData("default = \"a\"", "V=", "V", "")]
    [InlineData("default = null", "", "V == null ? \"none\" : V", "none")]
    [InlineData("", "", "V", "")]
    [InlineData("", "V=1", "\"${V}2\"", "12")]
    [InlineData("default = 3", "V=4", "V + 1", "5")]
    [InlineData("default = 3", "V=four", "V", null)]
    [InlineData("default = 3", "V=NaN", "V", null)]
    [InlineData("default = true", "V=0", "V ? \"y\" : \"n\"", "n")]
    [InlineData("default = true", "V=maybe", "V", null)]
    [InlineData("default = [\"a\"]", "V=b", "V[0]", null)]
    [InlineData("default = { a = \"b\" }", "V=b", "V.a", null)]
    [InlineData("default = [\"a\"]", "V_JSON=[\\\"b\\\"]", "V[0]", null)]
    [InlineData("type = string\n default = 5", "", "\"${V}!\"", "5!")]
    [InlineData("type = number\n default = \"x\"", "", "V", null)]
    [InlineData("type = number\n default = \"7\"", "", "V + 1", "8")]
    [InlineData("type = bool\n default = 1", "", "V", null)]
    [InlineData("type = list(number)\n default = \"x\"", "", "V", null)]
    [InlineData("type = number", "V=2.5", "V * 2", "5")]
    [InlineData("type = string", "V=5", "\"${V}\"", "5")]
    [InlineData("type = string", "", "V == null ? \"none\" : \"some\"", "none")]
    [InlineData("type = any\n default = [\"a\"]", "V=b", "V", null)]
    [InlineData("type = list(string)", "V=a,\\\"b,c\\\"", "join(\"|\", V)", "a|b,c")]
    [InlineData("type = list(number)\n default = [1]", "V=3,1,2", "join(\"-\", [for v in V: v + 1])", "4-2-3")]
    [InlineData("type = list(number)", "V=3,x", "V[0]", null)]
    [InlineData("type = set(string)", "V=b,a,b", "join(\"-\", V)", "a-b")]
    [InlineData("type = set(number)", "V=10,9,9", "length(V)", "2")]
    [InlineData("type = map(number)", "V=a:1,b:2", "V[\"a\"] + V.b", "3")]
    [InlineData("type = map(number)", "V=a:1,b", "length(V)", null)]
    [InlineData("type = tuple([number, string])", "V=99,bottles", "format(\"%d %s\", V[0], V[1])", "99 bottles")]
    [InlineData("type = tuple([number, string])", "V=99", "V[0]", null)]
    [InlineData("type = object({a = string})", "V=a:b", "V.a", null)]
    [InlineData("type = list(list(string))", "V=a", "V[0][0]", null)]
    [InlineData("type = list(string)", "V_JSON=[\\\"a\\\"]", "V[0]", "a")]
    [InlineData("type = list(string)", "V=plain V_JSON=[\\\"json\\\"]", "V[0]", "json")]
    [InlineData("type = list(string)", "V_JSON=a,b", "V[0]", null)]
    [InlineData("type = number", "V_JSON=5", "V + 1", "6")]
    [InlineData("type = number", "V_JSON=\\\"five\\\"", "V", null)]
    [InlineData("type = map(number)", "V_JSON={\\\"a\\\":1,\\\"a\\\":2}", "V.a", "2")]
    [InlineData("type = string", "V_JSON=\\\"x\\\"", "V", "x")]
    [InlineData("default = \"a\"", "V_JSON=x", "V", "x")]
    [InlineData("type = map(list(number))", "V_JSON={\\\"a\\\":[1,2]}", "V.a[1]", "2")]
    [InlineData("type = object({a = string, n = list(number)})",
        "V_JSON={\\\"a\\\":\\\"b\\\",\\\"n\\\":[4,5]}", "\"${V.a}${V.n[0]}\"", "b4")]
    [InlineData("type = object({a = string})", "V_JSON={\\\"b\\\":\\\"c\\\"}", "V.a", null)]
    [InlineData("type = tuple([bool, string])", "V_JSON=[true,\\\"x\\\"]", "V[0] ? V[1] : \"n\"", "x")]
    [InlineData("type = pink", "", "V", null)]
    [InlineData("default = \"a\"\n description = \"d\"", "", "V", "a")]
    [InlineData("default = \"a\"\n validation {\n  condition = V != \"b\"\n  error_message = \"no b\"\n }", "V=b", "V", null)]
    [InlineData("", "", "target.default.name", "default")]
    [InlineData("", "", "target.other.output[0].type", "oci")]
    [InlineData("", "", "target.other.cache-from[0].ref", "acme/x")]
    [InlineData("", "", "format(\"plain\", \"x\")", null)]
    public void a_variable_is_what_its_type_and_the_environment_make_of_it(
        string variable, string environment, string expression, string? expected)
    {
        folder.Write("docker-bake.hcl", $"variable \"V\" {{\n {variable}\n}}\ntarget \"default\" {{\n args = {{ A = {expression} }}\n}}\n"
            + "target \"other\" {\n output = [\"type=oci,dest=x\"]\n cache-from = [\"acme/x\"]\n}\n");
        var options =
            new ReadingOptions(environment.Replace("\\\"", "\"", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(each => each.Split('=', 2)).ToImmutableSortedDictionary(pair => pair[0], pair => pair[1]))
            {
                WorkingFolder = folder.Path,
            };
        if (expected is null)
            Assert.Throws<ProjectFileException>(() => BakeReader.Read("docker-bake.hcl", options).Select([]));
        else
            Assert.Equal(expected,
                ((BuildSource)BakeReader.Read("docker-bake.hcl", options).Find("default")!.Platforms[0].Source).Arguments["A"]);
    }

    [Fact]
    public void a_number_that_is_too_large_is_a_fault_of_the_file_and_not_a_crash()
    {
        folder.Write("docker-bake.hcl", "variable \"V\" {\n type = number\n}\ntarget \"default\" {}\n");
        var options =
            new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty.Add("V_JSON", "1e99")) { WorkingFolder = folder.Path };

        var fault = Assert.Throws<ProjectFileException>(() => BakeReader.Read("docker-bake.hcl", options));

        Assert.Contains("V_JSON", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_type_is_a_text_in_json()
    {
        folder.Write("docker-bake.json",
            """{"variable": {"V": {"type": "list(number)", "default": [1]}}, "target": {"default": {"args": {"A": "${join(\"-\", V)}"}}}}""");
        var options = new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty.Add("V", "2,3")) { WorkingFolder = folder.Path };
        Assert.Equal("2-3", ((BuildSource)BakeReader.Read("docker-bake.json", options).Components[0].Platforms[0].Source).Arguments["A"]);
    }
}
