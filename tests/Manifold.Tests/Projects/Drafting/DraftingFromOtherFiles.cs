using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Manifold.Projects;
using Manifold.Projects.Drafting;
using Manifold.Projects.Reading;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Projects.Drafting;

/// <summary>Bake and compose files, folders of side images, and names that nobody should give a folder.</summary>
public sealed class DraftingFromOtherFiles : IDisposable
{
    private static readonly string Sources = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", "..", ".."));

    private readonly ProjectFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void services_of_compose_become_images()
    {
        folder.With("api", "web").Files.Write("compose.yaml", """
            services:
              db: {image: "postgres:17"}
              api: {build: {context: api, args: {VERSION: "${VERSION:-1.2}"}}, image: "ghcr.io/acme/api:${TAG:-dev}"}
              web: {build: web}
              worker: {build: api, image: "ghcr.io/acme/api:dev", command: worker}
            """);
        folder.Files.Write("tools/Dockerfile", "FROM scratch\n");
        var project = Draft(out var text);
        Assert.Equal(["api", "web", "worker"], project.Components.Select(component => component.Name));
        Assert.Equal(["ghcr.io/acme/api:dev"], project.Find("api")!.Tags.Select(tag => tag.ToString()));
        Assert.Empty(project.Find("worker")!.Tags);
        Assert.Equal("docker.io/library/web:latest", Assert.Single(project.Find("web")!.Tags).ToString());
        Assert.All(project.Components, component => Assert.Equal(2, component.Platforms.Length));
        Assert.Contains("compose.yaml", text, StringComparison.Ordinal);
        Assert.Contains("#   tools/Dockerfile\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void no_value_of_the_environment_gets_into_the_file()
    {
        folder.With("api").Files.Write("compose.yaml", "services: {api: {build: {context: api, args: {TOKEN: \"${PATH:-none}\"}}}}\n");
        Draft(out var text);
        Assert.Contains("TOKEN: none", text, StringComparison.Ordinal);
    }

    [Fact]
    public void targets_of_bake_become_images_with_their_groups()
    {
        folder.With("api", "base").Files.Write("docker-bake.hcl", """
            variable "TAG" { default = "1$x" }
            group "default" { targets = ["api"] }
            target "_common" { platforms = ["linux/amd64", "linux/s390x"] }
            target "base" { context = "base" }
            target "api" {
              inherits = ["_common"]
              context = "api"
              contexts = { base = "target:base" }
              args = { PRICE = "5 ${TAG}" }
              tags = ["acme/api:1"]
            }
            target "gone" { context = "gone" }
            target "on-gone" {
              context = "api"
              contexts = { gone = "target:gone" }
            }
            """);
        var project = Draft(out var text);
        Assert.Equal(["base", "api"], project.Components.Select(component => component.Name));
        Assert.Equal(["api"], project.Default);
        Assert.Equal("5 1$x", ((BuildSource)project.Find("api")!.Platforms[0].Source).Arguments["PRICE"]);
        Assert.Contains("linux/s390x", project.Find("base")!.Platforms.Select(platform => platform.Platform.ToString()));
        Assert.Contains("gone: ", text, StringComparison.Ordinal);
        Assert.Contains("on-gone: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void a_file_that_cannot_be_read_is_told_and_dockerfiles_are_taken()
    {
        folder.With("api").Files.Write("compose.yaml", "services:\n  api: {buidl: api}\n");
        var draft = ProjectDrafter.Make(folder.Files.Path)!;
        Assert.Equal(["api"], draft.Images);
        Assert.Contains("compose.yaml:2", Assert.Single(draft.Notes), StringComparison.Ordinal);
        Assert.Contains("compose.yaml:2", draft.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void a_file_that_cannot_be_read_is_the_error_where_there_is_nothing_else()
    {
        folder.Files.Write("compose.yaml", "services:\n  api: {buidl: api}\n");
        var error = Assert.Throws<ProjectFileException>(() => ProjectDrafter.Make(folder.Files.Path));
        Assert.Contains("compose.yaml:2", error.Message, StringComparison.Ordinal);
        Assert.Contains("buidl", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_file_without_images_that_can_be_built_is_the_error_where_there_is_nothing_else()
    {
        folder.Files.Write("docker-bake.hcl", "target \"gone\" { context = \"gone\" }\n");
        var error = Assert.Throws<UsageException>(() => ProjectDrafter.Make(folder.Files.Path));
        Assert.StartsWith("docker-bake.hcl: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("'gone' does not exist", error.Message, StringComparison.Ordinal);
        folder.With("api");
        var draft = ProjectDrafter.Make(folder.Files.Path)!;
        Assert.Equal(["api"], draft.Images);
        var note = Assert.Single(draft.Notes);
        Assert.StartsWith("docker-bake.hcl: ", note, StringComparison.Ordinal);
        Assert.Contains("'gone' does not exist", note, StringComparison.Ordinal);
    }

    [Fact]
    public void side_images_keep_their_sources_by_architecture()
    {
        folder.Files.Write("components/proxy/ImageSource.amd64", "quay.io/acme/proxy:1\n");
        folder.Files.Write("components/proxy/Dockerfile", "FROM scratch\n");
        folder.Files.Write("components/proxy/repo", "https://example.com/proxy.git\n");
        folder.Files.Write("components/proxy/commit", "0123456789012345678901234567890123456789\n");
        var component = Assert.Single(Draft(out var text).Components);
        Assert.IsType<ImageSource>(component.Platforms.Single(each => each.Platform.ToString() == "linux/amd64").Source);
        Assert.IsType<BuildSource>(component.Platforms.Single(each => each.Platform.ToString() == "linux/arm64").Source);
        Assert.Contains("https://example.com/proxy.git", text, StringComparison.Ordinal);
    }

    public static TheoryData<string> Examples => [.. new[] { "examples" }
        .Concat(Directory.EnumerateDirectories(Path.Combine(Sources, "examples"), "*", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/rootfs", StringComparison.Ordinal)).Select(path => Path.GetRelativePath(Sources, path)))
        .Concat(Directory.EnumerateDirectories(Path.Combine(Sources, "tests/Manifold.Tests/cases/bake")).Select(path =>
        Path.GetRelativePath(Sources, path))).Order()];

    [Theory, MemberData(nameof(Examples))]
    public void every_example_has_a_valid_draft_or_none(string example)
    {
        // The draft itself is read with the reader before it is handed out.
        var draft = ProjectDrafter.Make(Path.Combine(Sources, example));
        Assert.True(draft is null or { Images.Length: > 0 });
    }

    [Fact]
    public void folders_with_hostile_names_are_found_again()
    {
        string[] names =
        [
            "a: b", "# c", "- d", "[e]", "{f}", "*g", "&h", "!i", "|", ">", "%j", "@k", "`l`", "'m'", "\"n\"", "o\\", "p\tq", "r\ns",
                "t\u2028u", "\u0085v",
            "$HOME", "${X}", "$$", "null", "true", "1.5", "0x10", "~", "=", "-", "--print", "github.com", "git@host:x", "image:base",
                "\u202ew", "\u001b[2J", "é", "日本", "😀",
            " leading", "trailing ", "x\ufeff", "2026-01-01", "<<", "docker-image:", "<", "y#z", "http:", new string('l', 200),
        ];
        foreach (var name in names)
            folder.Files.Write(Path.Combine(name, "Dockerfile"), $"FROM scratch\nLABEL n={name.Length}\n");
        var project = Draft(out _);
        Assert.Equal(names.Select(name => folder.Files[name]).Order(StringComparer.Ordinal),
            project.Components.Select(component => ((BuildSource)component.Platforms[0].Source).ContextFolder)
                .Order(StringComparer.Ordinal));
        Assert.Empty(project.Warnings);
    }

    [Fact]
    public void dockerfiles_with_hostile_names_are_found_again()
    {
        string[] names = ["Dockerfile.a: b", "Dockerfile.${X}", "Dockerfile.\n# y", "#z.Dockerfile", "Dockerfile.\"q", "- .Dockerfile",
            "Dockerfile.\u2029"];
        foreach (var name in names)
            folder.Files.Write(name, "FROM scratch\n");
        var project = Draft(out _);
        Assert.Equal(names.Order(StringComparer.Ordinal), project.Components
            .Select(component => Path.GetFileName(((BuildSource)component.Platforms[0].Source).DockerfilePath!))
            .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task a_folder_whose_name_is_not_text_harms_nothing()
    {
        folder.With("good");
        await SystemProgram.Run("bash", "-c", $"mkdir '{folder.Files.Path}'/$'bad\\xff' && echo FROM scratch > "
            + $"'{folder.Files.Path}'/$'bad\\xff'/Dockerfile");
        Assert.Equal(["good"], Draft(out _).Components.Select(component => component.Name));
    }

    private Project Draft(out string text)
    {
        text = ProjectDrafter.Make(folder.Files.Path)!.Text;
        folder.Files.Write("manifold.yaml", text);
        return ProjectReader.Read("manifold.yaml",
            folder.Options with { Environment = ImmutableSortedDictionary<string, string>.Empty.Add("HOME", "/wrong") });
    }

    private static string Source([CallerFilePath] string path = "") => path;
}
