using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Projects;
using Manifold.Projects.Bake;
using Manifold.Projects.Reading;

namespace Manifold.Tests.Projects.Bake;

/// <summary>
/// Several files are one project, as <c>docker buildx bake</c> has it: compose files first, later ones over earlier ones.
/// </summary>
public sealed class JoiningFiles : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public JoiningFiles() => folder.Write("web/Dockerfile", "FROM scratch\n");

    public void Dispose() => folder.Dispose();

    /// <remarks>The way of docker/metadata-action: the file has an empty target that the action's file fills.</remarks>
    [Fact]
    public void a_file_of_metadata_fills_the_targets_of_another()
    {
        folder.Write("docker-bake.hcl", "target \"meta\" {}\ntarget \"app\" {\n inherits = [\"meta\"]\n"
            + " args = { A = \"1\" }\n}\ngroup \"default\" { targets = [\"app\"] }");
        folder.Write("tmp/meta.json",
            """{"target": {"meta": {"tags": ["acme/app:1.2"], "labels": {"v": "1.2"}, "args": {"DOCKER_META_VERSION": "1.2"}}}}""");

        var app = Printed("app", "docker-bake.hcl", "cwd://tmp/meta.json");

        Assert.Equal("""["acme/app:1.2"]""", app["tags"]!.ToJsonString());
        Assert.Equal("""{"A":"1","DOCKER_META_VERSION":"1.2"}""", app["args"]!.ToJsonString());
    }

    [Fact]
    public void compose_and_bake_files_that_are_there_are_one()
    {
        folder.Write("compose.yaml",
            "services:\n  web: {build: {context: web, args: {A: '1', B: '1'}}, image: acme/web}\n  db: {image: postgres}\n");
        folder.Write("docker-bake.hcl",
            "target \"web\" {\n args = { B = \"2\" }\n platforms = [\"linux/arm64\"]\n}\ntarget \"tool\" { inherits = [\"web\"] }");
        folder.Write("docker-bake.override.json", """{"target": {"web": {"target": "release"}}}""");

        var project = Read();

        Assert.Equal(["web"], project.Select([]).Select(each => each.Name));
        var web = Printed("tool");
        Assert.Equal(
            ("web", "release", """{"A":"1","B":"2"}""", """["linux/arm64"]"""),
            ((string?)web["context"], (string?)web["target"], web["args"]!.ToJsonString(), web["platforms"]!.ToJsonString()));
        Assert.StartsWith("docker-bake.hcl:", project.Find("tool")!.Place.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("compose.yaml:2:3", project.Find("web")!.Place.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void keys_of_an_agent_lie_where_their_file_is()
    {
        folder.Write("sub/compose.yaml", "services:\n  web: {build: {context: ., ssh: ['k=./s.pem,t.pem', default]}}\n");
        Assert.Equal(["default", "k=sub/s.pem,sub/t.pem"],
            Printed("web", "sub/compose.yaml")["ssh"]!.AsArray().Select(each => (string)each!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void a_default_group_of_a_bake_file_goes_before_composes()
    {
        folder.Write("compose.yaml", "services:\n  web: {build: web}\n  api: {build: web}\n");
        folder.Write("docker-bake.hcl", "group \"default\" { targets = [\"api\"] }");
        Assert.Equal(["api"], Read().Select([]).Select(each => each.Name));
    }

    [Fact]
    public void several_compose_files_are_one()
    {
        folder.Write("a.yaml", "services:\n  web: {build: web, image: acme/web}\n");
        folder.Write("b.yaml", "services:\n  web: {build: {args: {A: '2'}, tags: [acme/web:2]}}\n  new: {build: web}\n");
        var web = Printed("web", "a.yaml", "b.yaml");
        Assert.Equal(("web", """{"A":"2"}"""), ((string?)web["context"], web["args"]!.ToJsonString()));
        Assert.Equal(2, Read("a.yaml", "b.yaml").Select(["default"]).Length);
    }

    /// <remarks>As buildx prints them: names without dots, addresses of a host in one text.</remarks>
    [Fact]
    public void a_compose_file_is_printed_with_its_texts()
    {
        folder.Write("compose.yaml", "services:\n  base.1: {build: web}\n  web:\n    image: acme/web\n    build:\n      context: ./web\n"
            + "      additional_contexts: {b: \"service:base.1\"}\n      extra_hosts: [\"db:10.0.0.1\", \"db:10.0.0.2\", \"v6=::1\"]\n");
        var web = Printed("web");
        Assert.Equal(("web", """["acme/web"]""", """{"b":"target:base_1"}""", """{"db":"10.0.0.1,10.0.0.2","v6":"::1"}"""),
            ((string?)web["context"], web["tags"]!.ToJsonString(), web["contexts"]!.ToJsonString(), web["extra-hosts"]!.ToJsonString()));
        Assert.Null(web["platforms"]);
    }

    [Fact]
    public void what_another_bake_printed_is_read_from_standard_input()
    {
        folder.Write("docker-bake.hcl", "target \"app\" {\n output = [\"type=cacheonly\"]\n"
            + " attest = [\"type=provenance,mode=max\"]\n contexts = { b = \"target:base\" }\n}\ntarget \"base\" { output = [\"out\"] }");
        var printed = BakeJson.Write(Read(), ["app"], folder.Path);
        var options = Options with { ReadStandardInput = () => printed };
        Assert.Equal(printed, BakeJson.Write(ProjectReader.Read(["-"], options), [], folder.Path));
        Assert.Equal(["app", "base"], JsonNode.Parse(printed)!["target"]!.AsObject().Select(each => each.Key));
        Assert.Null(JsonNode.Parse(printed)!["target"]!["base"]!["output"]);
    }

    [Fact]
    public void a_manifold_yaml_is_a_project_of_its_own()
    {
        folder.Write("manifold.yaml", "images: {web: {context: web}}\n");
        folder.Write("docker-bake.hcl", "target \"app\" {}");
        Assert.Equal("web", Assert.Single(Read().Components).Name);
        Wording.Fits("'manifold.yaml'…docker-bake.hcl…: -f manifold.yaml",
            Assert.Throws<UsageException>(() => Read("manifold.yaml", "docker-bake.hcl")).Message);
        Assert.Contains("Clone the repository", Assert.Throws<UsageException>(() => Read("https://github.com/acme/x.git")).Message,
            StringComparison.Ordinal);
    }

    private JsonNode Printed(string target, params string[] files) =>
        JsonNode.Parse(BakeJson.Write(Read(files), [target], folder.Path))!["target"]![target]!;

    private ReadingOptions Options => new(ImmutableSortedDictionary<string, string>.Empty) { WorkingFolder = folder.Path };

    private Project Read(params string[] files) => ProjectReader.Read(files, Options);
}
