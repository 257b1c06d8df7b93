using System.Collections.Immutable;
using Manifold.Projects;
using Manifold.Projects.Reading;
using Manifold.Projects.Yaml;

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

        Assert.Contains(faults, fault => IsAt(fault, "1:28", "'missing'"));
        Assert.Contains(faults, fault => IsAt(fault, "3:10", "a list of strings"));
        Assert.Contains(faults, fault => IsAt(fault, "4:31", "'pink elephant' is not a platform"));
        Assert.Contains(faults, fault => IsAt(fault, "5:16", "'NAEM'"));
        Assert.Contains(faults, fault =>
            IsAt(fault, "6:15", "target 'app' inherits from 'ap'")
            && fault.EndsWith("Did you mean app?", StringComparison.Ordinal));
        Assert.Contains(faults, fault => IsAt(fault, "8:37", "group 'default' contains 'web'"));
        Assert.Contains(faults, fault =>
            IsAt(fault, "9:1", "block 'targte'")
            && fault.EndsWith("Did you mean target?", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("target \"a\" { tags = [\"x\" \"y\"] }", "1:26", "',' or ']'")]
    [InlineData("target \"a\" { context = \"x }", "1:24", "no closing quote")]
    [InlineData("target \"a\" {", "1:13", "the text ends here")]
    [InlineData("target \"a\" { context = 'x' }", "1:24", "expected a value")]
    [InlineData("target \"a\" {\n  context = <<EOT\n  x\n}\n", "2:13", "'EOT'")]
    [InlineData("target \"a\" { context = \"${x\" }", "1:28", "'}' at the end of '${'")]
    [InlineData("target \"a\" { context = \"\\q\" }", "1:25", "'\\q' is not a valid escape")]
    [InlineData("target \"a\" { context = a.b }\nvariable \"a\" { default = {} }", "1:24", "no key 'b'")]
    [InlineData("A = B\nB = A", "2:5", "'A' depends on itself")]
    [InlineData("function \"f\" {\n params = [n]\n result = f(n)\n}\ntarget \"a\" { context = f(1) }", "3:11", "'f' calls itself")]
    [InlineData("target \"a\" { context = bcrypt(\"x\") }", "1:24", "'bcrypt' is not supported")]
    [InlineData("target \"a\" { context = split(\",\") }", "1:24", "'split' expects 2 arguments, but 1")]
    [InlineData("target \"a\" { args = { A = 1 / 0 } }", "1:31", "division by zero")]
    [InlineData("target \"a\" { args = { A = \"v${[1]}\" } }", "1:31", "a list cannot be part")]
    [InlineData("target \"a\" { matrix = { x = [\"1\", \"2\"] } }", "1:14", "needs a 'name'")]
    [InlineData("target \"a\" { name = \"b\" }", "1:14", "'name' is only for targets with a matrix")]
    [InlineData("target \"a\" {\n matrix = { x = [\"1.0\"] }\n name = \"a-${x}\"\n}", "3:9", "'a-1.0' is not a valid target name")]
    [InlineData("target \"a\" { inherits = [\"b\"] }\ntarget \"b\" { inherits = [\"a\"] }", "2:26", "a → b → a")]
    [InlineData("target \"a\" { output = [\"type=oci,dst=x\"] }", "1:24", "'dst'. Did you mean dest?")]
    [InlineData("target \"a\" { output = [\"type=registry,compression=zst\"] }", "1:24", "'zst'")]
    [InlineData("target \"a\" { output = [\"type=registry,compression=zstd,oci-mediatypes=false\"] }", "1:24",
        "the output 'type=registry,compression=zstd,oci-mediatypes=false'")]
    [InlineData("target \"a\" { output = [\"type=image,push=true,push-by-digest=true\"] }", "1:24",
        "push-by-digest=true': a project is published")]
    [InlineData("target \"a\" { output = [\"type=registry\",\n\"type=oci,dest=x,compression=zstd\"] }", "2:1",
        "the output 'type=oci,dest=x,compression=zstd' needs a different form of the image than 'type=registry'")]
    [InlineData("target \"a\" { contexts = { x = \"target:b\" } }", "1:31", "target 'b', which does not exist")]
    [InlineData("target \"a\" { contexts = { x = \"ftp://example.com/x\" } }", "1:31", "the context 'x': 'ftp://example.com/x'")]
    [InlineData("target \"a\" { tags = [\"UPPER\"] }", "1:22", "the tag 'UPPER'")]
    [InlineData("target \"a\" { network = \"hots\" }", "1:24", "expected default, none, host. Did you mean host?")]
    [InlineData("target \"a\" { shm-size = \"big\" }", "1:25", "'big' is not a size")]
    [InlineData("target \"a\" { ulimits = [\"nofiel=1\"] }", "1:25", "'nofiel'. Did you mean nofile?")]
    [InlineData("target \"a\" { extra-hosts = { a = \"b\" } }", "1:34", "'b' is not an IP address")]
    [InlineData("target \"a\" { entitlements = [\"security\"] }", "1:30", "expected network.host, security.insecure")]
    [InlineData("variable \"V\" {\n default = \"x\"\n validation {\n  condition = V == \"y\"\n  error_message = \"V is y\"\n }\n}",
        "4:15", "V is y")]
    [InlineData("target \"a\" { no-cache = \"maybe\" }", "1:25", "true or false")]
    public void each_kind_of_fault_has_its_place_and_its_words(string text, string place, string words)
    {
        folder.Write("docker-bake.hcl", text);
        Assert.Contains(Faults(), fault => IsAt(fault, place, words));
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
            && fault.Contains("U+0000", StringComparison.Ordinal));
    }

    [Fact]
    public void in_json_texts_have_their_places_too()
    {
        folder.Write("docker-bake.json", "{\"target\": {\"a\": {\n  \"args\": {\"X\": \"v${NOSUCH}\", \"Y\": \"\\u0041${NEITHER}\"}\n}}}");

        var faults = Faults("docker-bake.json");

        Assert.Contains(faults,
            fault => fault.StartsWith("docker-bake.json:2:21: error: there is no variable 'NOSUCH'", StringComparison.Ordinal));
        folder.Write("docker-bake.json", "{\"target\": {\"a\": {\n  \"args\": {,}}}}");
        Assert.StartsWith("docker-bake.json:2:12: error: expected a name", Faults("docker-bake.json")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void what_the_environment_has_must_fit_the_variable()
    {
        folder.Write("docker-bake.hcl", "variable \"COUNT\" {\n  default = 1\n}\ntarget \"default\" {}");
        Assert.StartsWith("docker-bake.hcl:1:10: error: the environment variable 'COUNT' must be a number", Faults("docker-bake.hcl",
            "COUNT=many")[0], StringComparison.Ordinal);
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
        Assert.Contains("more than 1000 parts", Faults()[0], StringComparison.Ordinal);
    }

    private static bool IsAt(string fault, string place, string words) =>
        fault.StartsWith($"docker-bake.hcl:{place}: error: ", StringComparison.Ordinal) && fault.Split('\n')[0].Contains(words,
            StringComparison.Ordinal);

    private Project Read(string name = "docker-bake.hcl", params string[] variables) => BakeReader.Read(name,
        new ReadingOptions(variables.Select(each => each.Split('='))
            .ToImmutableSortedDictionary(pair => pair[0], pair => pair[1]))
        {
            WorkingFolder = folder.Path,
        });

    /// <summary>What is told where everything is asked for.</summary>
    private List<string> Faults(string name = "docker-bake.hcl", params string[] variables) =>
        [.. Assert.Throws<ProjectFileException>(() => Asked(Read(name, variables))).Diagnostics.Select(each => each.Render())];

    private static ImmutableArray<Component> Asked(Project project) =>
        project.Select([.. project.Components.Select(component => component.Name), .. project.Groups.Keys]);
}
