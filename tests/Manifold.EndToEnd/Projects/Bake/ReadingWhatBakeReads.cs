using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Bake;
using Manifold.Projects.Reading;

namespace Manifold.EndToEnd.Projects.Bake;

/// <summary>The files of <c>cases/bake-print</c>, read here and by <c>docker buildx bake --print</c>.</summary>
public sealed class ReadingWhatBakeReads : IDisposable
{
    private readonly TemporaryFolder folder = new(Peer.VisibleFolder is { } visible ? Path.Combine(visible, "tmp") : null);

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Cases.Folder("bake-print")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public async Task every_target_is_what_buildx_prints(string name)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Cases.Folder("bake-print"), name), TestContext.Current.CancellationToken);
        var path = folder.Write(name, text);

        var printed = JsonNode.Parse(await Print(path, Variables(text)))!;
        var project = BakeReader.Read(path, Options(Variables(text)));

        Compare(printed, project);
    }

    [Theory, MemberData(nameof(Files))]
    public async Task what_is_written_is_read_alike_by_buildx_and_by_us(string name)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Cases.Folder("bake-print"), name), TestContext.Current.CancellationToken);
        var project = BakeReader.Read(folder.Write(name, text), Options(Variables(text)));

        var written = folder.Write("written.json", BakeJson.Write(project, "/"));

        Compare(JsonNode.Parse(await Print(written, []))!, project);
        var again = BakeReader.Read(written, Options([]));
        Assert.Equal(BakeJson.Write(project, "/"), BakeJson.Write(again, "/"));
    }

    [Fact]
    public void there_are_enough_of_them() => Assert.True(Files.Count >= 12);

    private static void Compare(JsonNode printed, Project project)
    {
        var targets = printed["target"]!.AsObject();
        Assert.NotEmpty(targets);
        foreach (var (name, target) in targets)
            Assert.Equal(Expected(target!), Actual(project.Find(name) ?? throw new InvalidOperationException($"no target {name}")));
        Assert.Equal(Shipped(printed, "default"), project.Select([]).Select(each => each.Name).Order(StringComparer.Ordinal));
    }

    private static SortedSet<string> Shipped(JsonNode printed, string name) =>
        printed["group"]?[name]?["targets"]?.AsArray() is { } members
            ? new(
                members.SelectMany(member => (string)member! is var inner && inner != name && printed["group"]![inner] is not null
                    ? Shipped(printed, inner)
                    : [inner]), StringComparer.Ordinal)
            : new([name], StringComparer.Ordinal);

    /// <summary>A printed target in our words, a line for each.</summary>
    private static string Expected(JsonNode target) => Lines(
        ("context", [Path.GetFullPath(Path.Combine("/", ((string)target["context"]!).Replace("cwd://", "", StringComparison.Ordinal)))]),
        ("inline", [(string?)target["dockerfile-inline"] ?? ""]),
        ("target", [(string?)target["target"] ?? ""]),
        ("args", Map(target["args"])),
        ("labels", Map(target["labels"])),
        ("contexts", Map(target["contexts"]).Select(Context)),
        ("tags", List(target["tags"]).Select(tag => ImageReference.Parse(tag).ToString())),
        ("platforms", List(target["platforms"]) is { Length: > 0 } platforms
            ? platforms.Select(each => Platform.Parse(each).ToString())
            : ["this machine"]),
        ("annotations", List(target["annotations"]).SelectMany(each => Annotation.Parse(each)).Select(each => each.ToString())),
        ("cache-from", List(target["cache-from"])),
        ("flags", [$"{(bool?)target["no-cache"] ?? false} {(bool?)target["pull"] ?? false}"]));

    private static string Actual(Component component)
    {
        var build = Assert.IsType<BuildSource>(component.Platforms[0].Source);
        return Lines(
            ("context", [build.ContextFolder]),
            ("inline", [build.InlineDockerfile?.Replace("${", "$${", StringComparison.Ordinal) ?? ""]),
            ("target", [build.Target ?? ""]),
            ("args", build.Arguments.Select(each => $"{each.Key}={each.Value.Replace("${", "$${", StringComparison.Ordinal)}")),
            ("labels", component.Labels.Select(each => $"{each.Key}={each.Value}")),
            ("contexts", build.Contexts.Select(each => $"{each.Key}={each.Value}")),
            ("tags", component.Tags.Select(tag => tag.ToString())),
            ("platforms", component.IsForThisMachine ? ["this machine"] : component.Platforms.Select(each => each.Platform.ToString())),
            ("annotations", component.Annotations.Select(each => each.ToString())),
            ("cache-from", build.CacheFrom),
            ("flags", [$"{build.NoCache} {build.Pull}"]));
    }

    private static string Context(string text)
    {
        var (name, value) = (text[..text.IndexOf('=', StringComparison.Ordinal)],
            text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        NamedContext context = value.Split(':', 2) switch
        {
            ["target", var sibling] => new SiblingContext(sibling),
            ["docker-image", var image] => new ImageContext(ImageReference.Parse(image[2..])),
            _ => new FolderContext(Path.GetFullPath(Path.Combine("/", value.Replace("cwd://", "", StringComparison.Ordinal)))),
        };
        return $"{name}={context}";
    }

    // buildx 0.13 prints the texts as they are, newer ones with $ doubled where they would be a template again.
    private static string[] Map(JsonNode? node) => node is null
        ? []
        : [.. node.AsObject().OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => $"{each.Key}={((string)each.Value!)}")];

    private static string[] List(JsonNode? node) => node is null ? [] : [.. node.AsArray().Select(each => (string)each!)];

    private static string Lines(params (string Name, IEnumerable<string> Values)[] lines) =>
        string.Join('\n', lines.Select(line => $"{line.Name}: {string.Join(" | ", line.Values)}"))
            .Replace("$${", "${", StringComparison.Ordinal)
            .Replace("%%{", "%{", StringComparison.Ordinal);

    /// <summary><c># environment: NAME=VALUE …</c> on the first line.</summary>
    private static string[] Variables(string text) =>
        text.Split('\n')[0] is var first && first.StartsWith("# environment:", StringComparison.Ordinal)
            ? first["# environment:".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            : [];

    private static ReadingOptions Options(string[] variables) =>
        new(variables.Select(each => each.Split('='))
            .ToImmutableSortedDictionary(pair => pair[0], pair => pair[1]))
        {
            WorkingFolder = "/",
        };

    private static Task<string> Print(string path, string[] variables) =>
        Peer.DockerWith(variables, "buildx", "bake", "-f", path, "--print");
}
