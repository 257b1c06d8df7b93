using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Yaml;
using Manifold.Verification;

namespace Manifold.Tests.Projects;

/// <summary><c>--set</c>.</summary>
public sealed class SettingValues : IDisposable
{
    private const string Yaml = """
        registry: quay.io/acme
        platforms: [linux/amd64, linux/arm64]
        images:
          api: {context: api, args: {A: a}, labels: {l: x}, cache-from: [one], contexts: {b: "image:base"}}
          base: {context: base, target: t, tags: [latest, "1"]}
          web.v1: {context: base, dockerfile: Dockerfile.x}
          args: {platforms: {amd64: {source: "image:x"}, arm64: {context: api}}}
        """;

    private readonly ProjectFolder folder = new ProjectFolder().With("api", "base", "other");

    public SettingValues()
    {
        folder.Files.Write("base/Dockerfile.x", "FROM scratch\n");
        folder.Environment["FROM_ENV"] = "e";
    }

    [Fact]
    public void one_image_several_or_all_are_meant()
    {
        Assert.Equal(["T", "t", null, null], Targets("api.target=T"));
        Assert.Equal(["T", "T", "T", "T"], Targets("*.target=T"));
        Assert.Equal(["T", "T", "T", "T"], Targets("target=T"));
        Assert.Equal([null, "T", null, null], Targets("b*.target=T"));
        Assert.Equal([null, "t", "T", null], Targets("web.v1.target=T"));
        Assert.Equal([null, "t", null, "T"], Targets("args.target=T"));
        Assert.Equal([null, null, null, null], Targets("*.target="));
    }

    [Fact]
    public void each_kind_of_value_is_set()
    {
        var project = Read("api.args.A=1",
            "api.args.B=x=y", "api.args.FROM_ENV", "api.labels.a.b/c=v", "api.no-cache=true", "api.pull=1", "api.context=other",
            "api.contexts.b=docker-image://alpine",
            "api.contexts.o=other", "base.dockerfile=../api/Dockerfile", "api.secrets=id=s,src=f", "api.ssh=default",
            "api.annotations=index:k=v",
            "api.annotations.m=n", "api.verify=strict", "api.publish=no", "api.platform-tags=yes", "push=true");
        var (api, build) = (project.Find("api")!, Build(project, "api"));
        Assert.Equal("A=1 B=x=y FROM_ENV=e", string.Join(' ', build.Arguments.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.Equal("a.b/c=v l=x", string.Join(' ', api.Labels.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.Equal((true, true, folder.Files["other"]), (build.NoCache, build.Pull, build.ContextFolder));
        Assert.Equal(new ImageContext(ImageReference.Parse("alpine")), build.Contexts["b"]);
        Assert.Equal(new FolderContext(folder.Files["other"]), build.Contexts["o"]);
        Assert.Equal([$"id=s,src={folder.Files["f"]}"], build.Secrets);
        Assert.Equal(["default"], build.Ssh);
        Assert.Equal([new Annotation(AnnotationPlace.Index, null, "k", "v"), new Annotation(AnnotationPlace.Manifest, null, "m", "n")],
            api.Annotations);
        Assert.Equal((GateMode.Strict, false, true, true), (api.Verification.Policy.Mode, api.Publish, api.PlatformTags, project.Push));
        Assert.Equal("api/Dockerfile", Build(project, "base").DockerfilePath);
    }

    [Fact]
    public void a_list_is_replaced_first_and_added_to_after_that()
    {
        Assert.Equal(["two", "three"], Build(Read("api.cache-from=two", "*.cache-from=three"), "api").CacheFrom);
        Assert.Equal(["two", "three"],
            ((BuildSource)Read("api.cache-from=two", "*.cache-from=three").Find("api")!.Platforms[1].Source).CacheFrom);
        Assert.Empty(Build(Read("api.cache-from="), "api").CacheFrom);
    }

    [Fact]
    public void platforms_keep_their_sources_and_new_ones_are_built()
    {
        var image = Read("*.platform=linux/amd64,arm", "args.platform=s390x").Find("args")!;
        Assert.Equal(["linux/amd64", "linux/arm/v7", "linux/s390x"], image.Platforms.Select(each => each.Platform.ToString()));
        Assert.Equal([false, true, true], image.Platforms.Select(each => each.Source is BuildSource));
        Assert.Equal("linux/amd64", Assert.Single(Read("platforms=").Find("api")!.Platforms).Platform.ToString());
    }

    [Fact]
    public void bare_tags_stay_in_their_repositories_and_references_are_kept()
    {
        Assert.Equal(["quay.io/acme/base:v2", "ghcr.io/x/y:z"],
            Read("base.tags=v2,ghcr.io/x/y:z").Find("base")!.Tags.Select(tag => tag.ToString()));
        Assert.Empty(Read("tags=").Find("base")!.Tags);
    }

    [Fact]
    public void the_registry_of_a_manifold_yaml_is_set_before_its_tags_are_made() =>
        Assert.Equal("localhost:5000/api:latest", Read("registry=localhost:5000").Find("api")!.Tags.Single().ToString());

    [Fact]
    public void a_dockerfile_moves_with_its_context()
    {
        folder.Files.Write("other/Dockerfile.x", "FROM scratch\n");
        Assert.Equal("other/Dockerfile.x", Build(Read("web.v1.context=other"), "web.v1").DockerfilePath);
    }

    [Theory]
    [InlineData("api.tgas=x", "--set 'api.tgas=x': …'tgas'. Did you mean tags?")]
    [InlineData("tgas=x", "--set 'tgas=x': …'tgas'. Did you mean tags?")]
    [InlineData("apo.tags=x", "--set 'apo.tags=x': …image…'apo'. Did you mean api?")]
    [InlineData("z*.tags=x", "--set 'z*.tags=x': …image…'z*'…: api, base, web.v1, args.")]
    [InlineData("[.tags=x", "--set '[.tags=x': '['…pattern")]
    [InlineData("api.tags=x@y", "--set 'api.tags=x@y': 'x@y'…tag")]
    [InlineData("api.platform=a/b/c/d", "--set 'api.platform=a/b/c/d': 'a/b/c/d'…platform")]
    [InlineData("api.pull=maybe", "--set 'api.pull=maybe': 'maybe'…true or false")]
    [InlineData("api.pull", "--set 'api.pull': ''…true or false")]
    [InlineData("api.args=x", "--set 'api.args=x': …missing. Expected api.args.NAME=VALUE.")]
    [InlineData("api.target", "--set 'api.target': …missing. Expected target=VALUE.")]
    [InlineData("api.context=nowhere", "--set 'api.context=nowhere': 'nowhere'…folder")]
    [InlineData("api.verify=loud", "--set 'api.verify=loud': 'loud'…off, warn, on or strict")]
    [InlineData("api.registry=x", "--set 'api.registry=x': …manifold.yaml")]
    [InlineData("api.annotations=oops:k=v", "--set 'api.annotations=oops:k=v': 'oops:k=v'")]
    public void a_wrong_one_says_what_was_meant(string set, string start) =>
        Wording.Fits(start, Assert.Throws<UsageException>(() => Read(set)).Message);

    [Fact]
    public void a_context_that_is_not_there_is_shown_in_the_override() =>
        Wording.Fits("--set:1:16: error: …'bsae'", Assert.Throws<ProjectFileException>(() => Read("api.contexts.b=image:bsae")).Message);

    private IEnumerable<string?> Targets(string set) =>
        Read(set).Components.Select(component => component.Platforms.Select(each => each.Source).OfType<BuildSource>().First().Target);

    private static BuildSource Build(Project project, string image, int platform = 0) =>
        Assert.IsType<BuildSource>(project.Find(image)!.Platforms[platform].Source);

    private Project Read(params string[] overrides) => folder.Manifold(Yaml, overrides);

    public void Dispose() => folder.Dispose();
}
