using System.Collections.Immutable;
using Manifold.Projects;
using Manifold.Projects.Bake;

namespace Manifold.Tests.Projects.Bake;

public sealed class ReadingWrongBakeFiles : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void every_fault_is_told_at_once_with_line_and_caret()
    {
        folder.Write("docker-bake.hcl", """
            variable "TAG" { default = missing }
            target "app" {
              tags = "one"
              platforms = ["linux/amd64", "pink elephant"]
              args = { A = NAEM, B = nosuch(1), C = [1] }
              inherits = ["ap"]
            }
            group "default" { targets = ["app", "web"] }
            targte "x" {}
            """);

        var faults = Faults();

        Assert.Contains(faults, fault => fault.StartsWith("docker-bake.hcl:1:28: error: there is no variable 'missing'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("docker-bake.hcl:3:10: error: a list of texts is expected, and this is a text", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("docker-bake.hcl:4:31: error: 'pink elephant' is no platform", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("docker-bake.hcl:5:16: error: there is no variable 'NAEM'", StringComparison.Ordinal));
        Assert.Contains(faults, fault =>
            fault.StartsWith("docker-bake.hcl:6:15: error: target 'app' inherits from 'ap', which is no target", StringComparison.Ordinal)
            && fault.EndsWith("Did you mean app?", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("docker-bake.hcl:8:37: error: group 'default' names 'web', which is neither a target nor a group", StringComparison.Ordinal));
        Assert.Contains(faults, fault =>
            fault.StartsWith("docker-bake.hcl:9:1: error: there is no block 'targte'", StringComparison.Ordinal)
            && fault.EndsWith("Did you mean target?", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("target \"a\" { tags = [\"x\" \"y\"] }", "1:26: error: ',' or ']' is expected in a list")]
    [InlineData("target \"a\" { context = \"x }", "1:24: error: a text has no closing quote on its line")]
    [InlineData("target \"a\" {", "1:13: error: a name is expected: of an attribute, or of a block, and the text ends here")]
    [InlineData("target \"a\" { context = 'x' }", "1:24: error: a value is expected")]
    [InlineData("target \"a\" {\n  context = <<EOT\n  x\n}\n", "2:13: error: the text has no line EOT that ends it")]
    [InlineData("target \"a\" { context = \"${x\" }", "1:28: error: '}' is expected at the end of '${'")]
    [InlineData("target \"a\" { context = \"\\q\" }", "1:25: error: '\\q' means nothing in a text")]
    [InlineData("target \"a\" { context = a.b }\nvariable \"a\" { default = {} }", "1:24: error: the map has no member 'b'")]
    [InlineData("A = B\nB = A", "2:5: error: the variable 'A' depends on itself")]
    [InlineData("function \"f\" {\n params = [n]\n result = f(n)\n}\ntarget \"a\" { context = f(1) }", "3:11: error: the function 'f' calls itself")]
    [InlineData("target \"a\" { context = bcrypt(\"x\") }", "1:24: error: the function 'bcrypt' is not available here")]
    [InlineData("target \"a\" { context = split(\",\") }", "1:24: error: split has 1 arguments, and takes 2")]
    [InlineData("target \"a\" { args = { A = 1 / 0 } }", "1:31: error: division by zero")]
    [InlineData("target \"a\" { args = { A = \"v${[1]}\" } }", "1:31: error: a list cannot be part of a text")]
    [InlineData("target \"a\" { matrix = { x = [\"1\", \"2\"] } }", "1:14: error: a target with a matrix has a 'name'")]
    [InlineData("target \"a\" { name = \"b\" }", "1:14: error: 'name' is for targets with a matrix")]
    [InlineData("target \"a\" {\n matrix = { x = [\"1.0\"] }\n name = \"a-${x}\"\n}", "3:9: error: 'a-1.0' cannot be the name of a target")]
    [InlineData("target \"a\" { inherits = [\"b\"] }\ntarget \"b\" { inherits = [\"a\"] }", "2:26: error: targets inherit from each other in a circle: a → b → a")]
    [InlineData("target \"a\" { output = [\"type=oci,dst=x\"] }", "1:24: error: the output 'type=oci,dst=x': there is no key 'dst'. Did you mean dest?")]
    [InlineData("target \"a\" { output = [\"type=registry,compression=zst\"] }", "1:24: error: the output 'type=registry,compression=zst': unknown compression 'zst'.")]
    [InlineData("target \"a\" { output = [\"type=registry,compression=zstd,oci-mediatypes=false\"] }", "1:24: error: the output 'type=registry,compression=zstd,oci-mediatypes=false': Docker's media types do not support zstd.")]
    [InlineData("target \"a\" { output = [\"type=image,push=true,push-by-digest=true\"] }", "1:24: error: the output 'type=image,push=true,push-by-digest=true': a project is published under its tags")]
    [InlineData("target \"a\" { output = [\"type=registry\",\n\"type=oci,dest=x,compression=zstd\"] }", "2:1: error: the output 'type=oci,dest=x,compression=zstd' wants another form of the image than 'type=registry', and a target makes one image")]
    [InlineData("target \"a\" { contexts = { x = \"target:b\" } }", "1:31: error: the context 'x' is target 'b', which is not there")]
    [InlineData("target \"a\" { contexts = { x = \"ftp://example.com/x\" } }", "1:31: error: the context 'x': 'ftp://example.com/x' is no context")]
    [InlineData("target \"a\" { tags = [\"UPPER\"] }", "1:22: error: the tag 'UPPER' is no image reference with a tag")]
    [InlineData("target \"a\" { network = \"hots\" }", "1:24: error: network hots: expected default, none, host. Did you mean host?")]
    [InlineData("target \"a\" { shm-size = \"big\" }", "1:25: error: shm-size big: 'big' is not a size")]
    [InlineData("target \"a\" { ulimits = [\"nofiel=1\"] }", "1:25: error: ulimits 'nofiel=1': there is no limit 'nofiel'. Did you mean nofile?")]
    [InlineData("target \"a\" { extra-hosts = { a = \"b\" } }", "1:34: error: extra-hosts 'a=b': 'b' is not an IP address")]
    [InlineData("target \"a\" { entitlements = [\"security\"] }", "1:30: error: entitlements security: expected network.host, security.insecure")]
    [InlineData("variable \"V\" {\n default = \"x\"\n validation {\n  condition = V == \"y\"\n  error_message = \"V is y\"\n }\n}", "4:15: error: V is y")]
    [InlineData("target \"a\" { no-cache = \"maybe\" }", "1:25: error: true or false is expected, and this is a text")]
    public void each_kind_of_fault_has_its_place_and_its_words(string text, string expected)
    {
        folder.Write("docker-bake.hcl", text);
        Assert.Contains(Faults(), fault => fault.StartsWith("docker-bake.hcl:" + expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("docker-bake.hcl", "target \"a\" {\n context = \"a\\u0000b\"\n}", "2:14")]
    [InlineData("docker-bake.hcl", "target \"a\" {\n context = \"a\\U00000000b\"\n}", "2:14")]
    [InlineData("docker-bake.hcl", "target \"a\" {\n context = \"a\0b\"\n}", "2:14")]
    [InlineData("docker-bake.hcl", "target \"a\" {\n context = <<-EOT\n  a\0b\n  EOT\n}", "3:4")]
    [InlineData("docker-bake.hcl", "target \"a\\u0000\" {}", "1:10")]
    [InlineData("docker-bake.hcl", "target \"a\" {\n context = base64decode(\"AA==\")\n}", "2:12")]
    [InlineData("docker-bake.json", "{\"target\": {\"a\": {\n \"dockerfile\": \"a\\u0000b\"}}}", "2:18")]
    [InlineData("docker-bake.json", "{\"target\": {\"a\": {\n \"dockerfile\": \"a\0b\"}}}", "2:18")]
    [InlineData("docker-bake.json", "{\"target\": {\n \"a\\u0000\": {}}}", "2:4")]
    public void a_null_character_is_refused_where_it_stands(string file, string text, string place)
    {
        folder.Write(file, text);
        Assert.Contains(Faults(file), fault => fault.StartsWith($"{file}:{place}: error: ", StringComparison.Ordinal)
            && fault.Contains("the character U+0000 cannot be part of a text", StringComparison.Ordinal));
    }

    [Fact]
    public void in_json_texts_have_their_places_too()
    {
        folder.Write("docker-bake.json", "{\"target\": {\"a\": {\n  \"args\": {\"X\": \"v${NOSUCH}\", \"Y\": \"\\u0041${NEITHER}\"}\n}}}");

        var faults = Faults("docker-bake.json");

        Assert.Contains(faults, fault => fault.StartsWith("docker-bake.json:2:21: error: there is no variable 'NOSUCH'", StringComparison.Ordinal));
        folder.Write("docker-bake.json", "{\"target\": {\"a\": {\n  \"args\": {,}}}}");
        Assert.StartsWith("docker-bake.json:2:12: error: a name in double quotes is expected", Faults("docker-bake.json")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void what_the_environment_has_must_fit_the_variable()
    {
        folder.Write("docker-bake.hcl", "variable \"COUNT\" {\n  default = 1\n}\ntarget \"default\" {}");
        Assert.StartsWith("docker-bake.hcl:1:10: error: the variable 'COUNT' is a number, and the environment has something else", Faults("docker-bake.hcl", "COUNT=many")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void stages_that_are_built_anew_are_no_cause_to_build_all_of_them()
    {
        folder.Write("docker-bake.hcl", "target \"default\" {\n  no-cache-filter = [\"build\"]\n}");
        Assert.Empty(Read().Warnings);
        var build = (BuildSource)Read().Components[0].Platforms[0].Source;
        Assert.Equal((false, "build"), (build.NoCache, Assert.Single(build.NoCacheFilter)));
    }

    [Fact]
    public void nesting_and_chains_end_with_a_message_and_not_with_the_stack()
    {
        folder.Write("docker-bake.hcl", $"A = {new string('(', 100_000)}1");
        Assert.Contains("levels of nesting", Faults()[0], StringComparison.Ordinal);
        folder.Write("docker-bake.hcl", $"A = 1{string.Concat(Enumerable.Repeat(" + 1", 100_000))}");
        Assert.Contains("more than 1000 links", Faults()[0], StringComparison.Ordinal);
    }

    private Project Read(string name = "docker-bake.hcl", params string[] variables) => BakeReader.Read(name,
        new ReadingOptions(variables.Select(each => each.Split('=')).ToImmutableSortedDictionary(pair => pair[0], pair => pair[1])) { WorkingFolder = folder.Path });

    /// <summary>What is told where everything is asked for.</summary>
    private List<string> Faults(string name = "docker-bake.hcl", params string[] variables) =>
        [.. Assert.Throws<ProjectFileException>(() => Asked(Read(name, variables))).Diagnostics.Select(each => each.Render())];

    private static ImmutableArray<Component> Asked(Project project) => project.Select([.. project.Components.Select(component => component.Name), .. project.Groups.Keys]);
}
