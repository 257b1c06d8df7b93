using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Projects;
using Manifold.Projects.Bake;
using Manifold.Projects.Reading;

namespace Manifold.Tests.Projects.Bake;

/// <summary><c>--set</c> of bake files: what <c>docker buildx bake --set … --print</c> prints, of buildx 0.13 and its newest.</summary>
public sealed class SettingKeysOfTargets : IDisposable
{
    private const string File = """
        target "_common" {
          args       = { V = "1", W = "w" }
          tags       = ["acme/base:1"]
          output     = ["type=docker"]
          annotations = ["a=b"]
        }
        target "app" {
          inherits   = ["_common"]
          cache-from = ["acme/app:cache"]
          platforms  = ["linux/amd64"]
          secret     = ["id=token,env=TOKEN"]
          ulimits    = ["nofile=1:2"]
        }
        target "web" { inherits = ["app"] }
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("_common.args.V=2", "args.V", "2")]
    [InlineData("_common.args.NEW=x=y.z", "args.NEW", "x=y.z")]
    [InlineData("_common.args.EMPTY=", "args.EMPTY", "")]
    [InlineData("_common.args.FROM_ENV", "args.FROM_ENV", "e")]
    [InlineData("_common.args.NOT_THERE", "args.NOT_THERE", null)]
    [InlineData("*.args.V=2", "args.V", "2")]
    [InlineData("_comm*.labels.a.b=c", "labels", """{"a.b":"c"}""")]
    [InlineData("_common.context=https://github.com/acme/x.git", "context", "https://github.com/acme/x.git")]
    [InlineData("app.dockerfile=D", "dockerfile", "D")]
    [InlineData("app.target=build", "target", "build")]
    [InlineData("app.contexts.x=docker-image://alpine", "contexts.x", "docker-image://alpine")]
    [InlineData("_common.tags=acme/a:2", "tags", """["acme/a:2"]""")]
    [InlineData("_common.tags+=acme/a:2", "tags", """["acme/base:1","acme/a:2"]""")]
    [InlineData("_common.tags=", "tags", null)]
    [InlineData("app.platform=linux/arm64", "platforms", """["linux/arm64"]""")]
    [InlineData("app.platform+=linux/arm64", "platforms", """["linux/amd64","linux/arm64"]""")]
    [InlineData("app.cache-from=type=registry,ref=x/y", "cache-from", """["type=registry,ref=x/y"]""")]
    [InlineData("app.cache-from+=x/y", "cache-from", """["acme/app:cache","x/y"]""")]
    [InlineData("app.cache-from=", "cache-from", null)]
    [InlineData("app.cache-to=type=inline", "cache-to", """["type=inline"]""")]
    [InlineData("*.output=type=registry", "output", """["type=registry"]""")]
    [InlineData("_common.output+=type=oci,dest=x.tar", "output", """["type=docker","type=oci,dest=x.tar"]""")]
    [InlineData("*.output=", "output", null)]
    [InlineData("*.push=true", "output", """["type=docker","type=image,push=true"]""")]
    [InlineData("app.push=false", "output", """["type=docker"]""")]
    [InlineData("app.load=true", "output", """["type=docker"]""")]
    [InlineData("app.secrets=id=other,src=f", "secret", """["id=other,src=f"]""")]
    [InlineData("app.secrets+=id=other,src=f", "secret", """["id=token,env=TOKEN","id=other,src=f"]""")]
    [InlineData("app.secret.token=src=f", "secret", """["id=token,src=f"]""")]
    [InlineData("app.ssh=default", "ssh", """["default"]""")]
    [InlineData("app.annotations=c=d", "annotations", """["a=b","c=d"]""")]
    [InlineData("app.attest=type=provenance,mode=max", "attest", """["type=provenance,mode=max"]""")]
    [InlineData("app.entitlements=security.insecure", "entitlements", """["security.insecure"]""")]
    [InlineData("app.network=none", "network", "none")]
    [InlineData("app.shm-size=64m", "shm-size", "64m")]
    [InlineData("app.ulimits+=core=0", "ulimits", """["nofile=1:2","core=0"]""")]
    [InlineData("app.extra-hosts.db=10.0.0.1", "extra-hosts.db", "10.0.0.1")]
    [InlineData("app.no-cache=true", "no-cache", "true")]
    [InlineData("app.no-cache-filter=deps", "no-cache-filter", """["deps"]""")]
    [InlineData("app.pull=1", "pull", "true")]
    [InlineData("app.call=check", "call", "check")]
    [InlineData("app.description=d", "description", "d")]
    public void a_key_of_a_parent_or_of_the_target_itself_reaches_the_heir(string set, string key, string? expected) =>
        Assert.Equal(expected, Printed(key, set));

    [Fact]
    public void several_of_a_key_are_one_list_and_the_last_of_any_other_counts()
    {
        Assert.Equal("""["x","y"]""", Printed("cache-from", "*.cache-from=x", "w*.cache-from=y"));
        Assert.Equal("3", Printed("args.V", "*.args.V=2", "w*.args.V=3"));
        Assert.Equal("4", Printed("args.V", "_common.args.V=2", "web.args.V=4"));
    }

    [Fact]
    public void what_only_some_heirs_have_stays_with_them()
    {
        var project = Read("app.args.V=2");
        Assert.Equal(["1", "2", "2"],
            new[] { "_common", "app", "web" }.Select(name => ((BuildSource)project.Find(name)!.Platforms[0].Source).Arguments["V"]));
    }

    [Theory]
    [InlineData("ap.tags=x", "--set 'ap.tags=x': …image…'ap'. Did you mean app?")]
    [InlineData("app.tgas=x", "--set 'app.tgas=x': …'tgas'. Did you mean tags?")]
    [InlineData("app.args=x", "--set 'app.args=x': …missing. Expected app.args.NAME=VALUE.")]
    [InlineData("app.no-cache=maybe", "--set 'app.no-cache=maybe': 'maybe'…true or false")]
    [InlineData("app.secret.nope=src=f", "--set 'app.secret.nope=src=f': 'app'…'nope'…--set app.secrets+=id=nope,src=f")]
    [InlineData("app.secret.token=id=x,src=f", "--set 'app.secret.token=id=x,src=f': …'token'")]
    public void a_wrong_one_says_what_was_meant(string set, string message) =>
        Wording.Fits(message, Assert.Throws<UsageException>(() => Read(set)).Message);

    [Fact]
    public void keys_of_our_own_are_set_too() =>
        Assert.Equal((false, true), Read("app.publish=no", "web.platform-tags=yes") is var project
            ? (project.Find("app")!.Publish, project.Find("web")!.PlatformTags)
            : default);

    [Theory]
    [InlineData("web.load=true", "web")]
    [InlineData("app.load=true", "app web")]
    [InlineData("_common.load=yes", "_common app web")]
    [InlineData("*.load=true *load=false", "")]
    [InlineData("app.push=true", "")]
    public void what_is_to_be_loaded_is_loaded_and_so_are_its_heirs(string sets, string loaded) => Assert.Equal(loaded,
        string.Join(' ', Read(sets.Replace("*load", "*.load", StringComparison.Ordinal).Split(' '))
            .Components.Where(component => component.Load).Select(component => component.Name)));

    /// <summary>A key of target web as it is printed; null where it is not.</summary>
    private string? Printed(string key, params string[] sets)
    {
        JsonNode? node = JsonNode.Parse(BakeJson.Write(Read(sets), ["web"], folder.Path))!["target"]!["web"];
        foreach (var part in key.Split('.'))
            node = node?[part];
        return node is JsonValue value ? value.ToString().Replace("True", "true", StringComparison.Ordinal) : node?.ToJsonString();
    }

    private Project Read(params string[] sets)
    {
        folder.Write("docker-bake.hcl", File);
        return ProjectReader.Read([], new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty.Add("FROM_ENV", "e"))
        {
            WorkingFolder = folder.Path,
            Overrides = [.. sets],
        });
    }
}
