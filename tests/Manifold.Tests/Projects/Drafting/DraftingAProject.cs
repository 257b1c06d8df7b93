using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Drafting;
using Manifold.Projects.Reading;

namespace Manifold.Tests.Projects.Drafting;

/// <summary>What 'manifold init' writes, read by the reader that 'manifold bake' has.</summary>
public sealed class DraftingAProject : IDisposable
{
    private readonly ProjectFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void a_folder_with_nothing_has_no_draft() => Assert.Null(ProjectDrafter.Make(folder.Files.Path));

    [Fact]
    public void the_example_for_such_a_folder_is_a_project() => Assert.Single(folder.With(".").Manifold(ProjectDrafter.Example).Components);

    [Fact]
    public void one_dockerfile_is_an_image_of_two_platforms()
    {
        Write("shop/Dockerfile", "FROM alpine\n");
        var component = Assert.Single(Draft("shop").Components);
        Assert.Equal(("shop", "docker.io/library/shop:latest"), (component.Name, Assert.Single(component.Tags).ToString()));
        Assert.Equal(["linux/amd64", "linux/arm64"], component.Platforms.Select(platform => platform.Platform.ToString()));
    }

    [Fact]
    public void folders_are_components_and_each_stands_after_its_base()
    {
        Write("a-app/Dockerfile", "FROM lib\n");
        Write("lib/Containerfile", "FROM zbase AS build\nFROM scratch\nCOPY --from=build / /\n");
        Write("zbase/Dockerfile", "FROM alpine\n");
        var project = Draft();
        Assert.Equal(["zbase", "lib", "a-app"], Names(project));
        Assert.Equal(["zbase", "lib", "a-app"], Order(project));
    }

    [Fact]
    public void a_published_name_of_a_sibling_is_recognized_by_argument_owner_or_local_registry()
    {
        Write(".git/config", "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@github.com:Acme/shop.git\n\tfetch = +refs\n");
        Write("base/Dockerfile", "FROM alpine\n");
        Write("one/Dockerfile", "ARG REGISTRY=quay.io/other\nFROM ${REGISTRY}/base:1\n");
        Write("two/Dockerfile", "FROM ghcr.io/acme/base:2\n");
        Write("three/Dockerfile", "FROM localhost:5000/base\n");
        Write("four/Dockerfile", "FROM gcr.io/distroless/base:nonroot\n");
        var project = Draft(text: out var text);
        Assert.Equal(["base", "four", "one", "three", "two"], Names(project));
        var based = project.Components.Where(each => Contexts(each).Any(context => context is SiblingContext { Name: "base" }));
        Assert.Equal(["one", "three", "two"], based.Select(each => each.Name));
        Assert.Equal(4, new ProjectGraph(project, Graph).Nodes.Count(node => node.Siblings.Length > 0 || node.Name == "base"));
        Assert.Contains("gcr.io/distroless/base:nonroot", text, StringComparison.Ordinal);
        Assert.Contains("# registry: ghcr.io/acme\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void a_folder_called_like_an_image_of_docker_hub_is_not_taken_for_it()
    {
        Write("nginx/Dockerfile", "FROM nginx\n");
        Write("web/Dockerfile", "FROM nginx\nCOPY --from=nginx:1.27 /etc /etc\n");
        var project = Draft();
        Assert.All(new ProjectGraph(project, Graph).Nodes, node => Assert.Empty(node.Siblings));
        Assert.DoesNotContain("nginx", Names(project));
    }

    [Fact]
    public void images_that_need_each_other_do_not_close_a_circle()
    {
        Write("a/Dockerfile", "ARG R=localhost\nFROM ${R}/b:1\n");
        Write("b/Dockerfile", "ARG R=localhost\nFROM ${R}/a:1\n");
        Assert.Equal(2, Order(Draft()).Count);
    }

    [Fact]
    public void files_for_one_architecture_are_platforms_of_one_image()
    {
        Write("proxy/Dockerfile", "FROM alpine\n");
        Write("proxy/Dockerfile.arm", "FROM arm32v7/alpine\n");
        Write("pause/Dockerfile.riscv64", "FROM scratch\n");
        var project = Draft();
        Assert.Equal(["linux/riscv64"], project.Find("pause")!.Platforms.Select(platform => platform.Platform.ToString()));
        var proxy = project.Find("proxy")!.Platforms.ToDictionary(
            each => each.Platform.ToString(), each => ((BuildSource)each.Source).DockerfilePath);
        Assert.Equal(["linux/amd64", "linux/arm/v7", "linux/arm64"], proxy.Keys.Order());
        Assert.EndsWith("Dockerfile.arm", proxy["linux/arm/v7"], StringComparison.Ordinal);
        Assert.Null(proxy["linux/arm64"]);
    }

    [Fact]
    public void the_context_is_where_the_copied_files_are()
    {
        Write("go.mod", "");
        Write("cmd/api/main.go", "");
        Write("docker/api.Dockerfile", "FROM golang\nCOPY go.mod ./\nCOPY cmd/api/*.go ./\n");
        Write("docker/Dockerfile.worker", "FROM golang\nCOPY . .\n");
        Write("web/Dockerfile", "FROM nginx\nCOPY index.html /srv/\n");
        Write("web/index.html", "");
        var project = Draft();
        Assert.Equal(["api .", "web web", "worker ."], project.Components.Select(each =>
            $"{each.Name} {Path.GetRelativePath(folder.Files.Path, Build(each).ContextFolder)}").Order());
        Assert.EndsWith("docker/api.Dockerfile", Build(project.Find("api")!).DockerfilePath, StringComparison.Ordinal);
    }

    [Fact]
    public void what_is_hidden_vendored_ignored_or_no_dockerfile_is_not_an_image()
    {
        Write("Dockerfile", "FROM alpine\n");
        Write(".dockerignore", "build-cache\nDockerfile*\n");
        foreach (var other in new[] { ".github/Dockerfile", "node_modules/x/Dockerfile", "vendor/y/Dockerfile",
            "build-cache/Dockerfile", "a/b/c/d/e/f/g/Dockerfile",
            "Dockerfile.dockerignore", "docs/Dockerfile.md", "Dockerfile.j2", "Dockerfile~", "MyDockerfile" })
            Write(other, "FROM alpine\n");
        Directory.CreateSymbolicLink(folder.Files["loop"], folder.Files.Path);
        Assert.Single(Draft().Components);
    }

    [Fact]
    public void an_ignore_file_that_only_takes_in_hides_no_component()
    {
        Write(".dockerignore", "*\n!src\n");
        Write("api/Dockerfile", "FROM alpine\n");
        Assert.Single(Draft().Components);
    }

    [Fact]
    public void a_dockerfile_that_does_not_parse_is_left_out_with_its_place()
    {
        Write("good/Dockerfile", "FROM alpine\n");
        Write("bad/Dockerfile", "FROM alpine\nRUNN x\n");
        var project = Draft(text: out var text);
        Assert.Equal(["good"], Names(project));
        Assert.Contains("bad/Dockerfile:2:1", text, StringComparison.Ordinal);
    }

    [Fact]
    public void a_fixed_architecture_gets_a_comment_with_its_line()
    {
        Write("tool/Dockerfile", "FROM alpine\nRUN wget https://example.com/tool-linux-amd64.tar.gz\n");
        Draft("", out var text);
        Assert.Contains("tool/Dockerfile:2", text, StringComparison.Ordinal);
        Assert.Contains("manifold bake --check tool", text, StringComparison.Ordinal);
    }

    [Fact]
    public void names_are_those_of_the_nearest_folder_that_tells_them_apart()
    {
        foreach (var path in new[] { "services/api", "apps/api", "services/Web_UI", "services/web/build", "x/ÄÖ", "x-ray" })
            Write($"{path}/Dockerfile", "FROM alpine\n");
        Write("tools/Dockerfile", "FROM alpine\n");
        Write("tools/Dockerfile.dev", "FROM alpine\n");
        Assert.Equal(["apps-api", "image", "image-x-ray", "services-api", "tools", "tools-dev", "web", "web_ui"],
            Names(Draft()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("https://user:secret@github.com/Acme/Shop.git", "ghcr.io/acme")]
    [InlineData("git@github.com:acme/shop", "ghcr.io/acme")]
    [InlineData("ssh://git@gitlab.com:22/group/sub/shop.git", "registry.gitlab.com/group/sub/shop")]
    [InlineData("https://git.example.com/acme/shop", null)]
    [InlineData("/srv/git/shop", null)]
    [InlineData("https://github.com/a\nb/c", null)]
    public void the_git_remote_suggests_a_registry(string address, string? registry) => Assert.Equal(registry,
        RegistryGuess.OfAddress(address)?.Registry);

    private static GraphOptions Graph => new() { LayoutReference = _ => throw new InvalidOperationException() };

    private void Write(string path, string content) => folder.Files.Write(path, content);

    private Project Draft(string below = "") => Draft(below, out _);

    private Project Draft(out string text) => Draft("", out text);

    private Project Draft(string below, out string text)
    {
        var draft = ProjectDrafter.Make(folder.Files[below])!;
        text = draft.Text;
        folder.Files.Write(Path.Combine(below, "manifold.yaml"), text);
        return ProjectReader.Read(folder.Files[below], folder.Options);
    }

    private static List<string> Names(Project project) => [.. project.Components.Select(component => component.Name)];

    private static List<string> Order(Project project) => [.. new ProjectGraph(project, Graph).Nodes.Select(node => node.Name)];

    private static BuildSource Build(Component component) => (BuildSource)component.Platforms[0].Source;

    private static IEnumerable<NamedContext> Contexts(Component component) => Build(component).Contexts.Values;
}
