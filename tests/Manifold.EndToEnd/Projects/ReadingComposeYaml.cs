using System.Text.Json;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;

namespace Manifold.EndToEnd.Projects;

/// <summary>What a compose.yaml builds.</summary>
public sealed class ReadingComposeYaml : IDisposable
{
    private static string? Parent =>
        Peer.VisibleFolder is { } shared && Directory.Exists(Path.Combine(shared, "tmp")) ? Path.Combine(shared, "tmp") : null;

    private readonly ProjectFolder folder = new ProjectFolder(Parent).With(".", "web", "db", "other");

    public ReadingComposeYaml() => folder.Files.Write("web/Dockerfile.prod", "FROM scratch\nFROM scratch AS final\n");

    /// <summary>
    /// Files for which we say what <c>docker buildx bake --print</c> says. Its version 0.13 does not look at platforms, ssh, pull and
    /// no_cache of a build.
    /// </summary>
    public static TheoryData<string> Files =>
    [
        "services:\n  web: {build: ./web}\n  cache: {image: redis}\n",
        "services:\n  web:\n    image: acme/web:${TAG:-1}\n    build:\n      context: web\n      dockerfile: Dockerfile.prod\n"
            + "      target: final\n      args: {A: one, B: '${FROM_FILE}', C: $$x, EMPTY: ''}\n      labels: [x=y, z]\n",
        "services:\n  web:\n    image: acme/web\n    build:\n      context: web\n      tags: [acme/one:1, acme/two]\n"
            + "      args: [A=1, FROM_FILE]\n",
        "services:\n  a:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM scratch\n"
            + "        COPY $$X ${FROM_FILE} /\n",
        "services:\n  web:\n    build:\n      context: web\n      tags: [a/b:1]\n      cache_from: ['type=registry,ref=a/b:cache']\n"
            + "      cache_to: ['type=inline']\n      x-bake:\n        tags: [c/d:2, 'a/b:1']\n        platforms: "
            + "[linux/amd64, linux/arm64]\n        cache-from: type=local,src=c\n        no-cache: true\n        pull: true\n",
        "services:\n  web:\n    build:\n      context: web\n      secrets: [token, {source: file, target: t}]\n"
            + "      additional_contexts:\n        img: docker-image://docker.io/library/alpine:3\n        o: ./other\n"
            + "  db: {build: {context: db}}\nsecrets:\n  token: {environment: TOKEN}\n  file: {file: ./web/Dockerfile}\n",
        "services:\n  base:\n    image: x/base\n    build: {context: web, args: {A: base, B: base}, labels: {l: base}, tags: [t/base]}\n"
            + "  web:\n    extends: {service: base}\n    build: {dockerfile: Dockerfile.prod, args: {B: web}, tags: [t/web]}\n"
            + "  short:\n    extends: base\n    image: x/short\n",
        "services:\n  web:\n    image: acme/web\n    build:\n      context: web\n      args: "
            + "{EMPTY: '${NONE:-}', UNSET: $NONE, NOTHING: '${NONE:-null}', DATE: '$(date)', PRICE: $5}\n      labels: {l: '${NONE:-}'}\n",
        "services:\n  web:\n    build:\n      context: web\n      args: {OCTAL: 010, VERSION: "
            + "3.10, YES: yes, TRUTH: TRUE, HEX: 0x1F, MANY: 1_000, FLOAT: 1e3, BIG: 12345678.5, SMALL: "
            + "0.00001, HUGE: 123456789012345678901, TEXT: '3.10', DAY: 2024-01-01, ADDRESS: 0.1.2, ZERO: 08}\n",
        "services:\n  web:\n    environment: {A: from service, B: 3.10}\n    env_file: [./web.env]\n"
            + "    build:\n      context: web\n      args: [A, B, C, FROM_FILE, NONE]\n",
        "name: acme\nservices:\n  web:\n    image: ${COMPOSE_PROJECT_NAME}/web\n    build: web\n"
            + "  db:\n    image: ${IMAGE:-}\n    build: db\n",
        "services:\n  web:\n    extends: {file: other/base.yaml, service: base}\n    build: {args: {B: web, C: null}, labels: [own]}\n",
        "include: [other/included.yaml]\nservices:\n  web: {build: web}\n",
        "x-common: &common\n  target: ''\n  args: {A: '${FROM_FILE:-no}'}\nservices:\n  web: "
            + "{build: {<<: *common, context: web}, profiles: [never]}\n  db: {build: {<<: *common, context: db, args: {A: own}}}\n",
    ];

    [Theory, MemberData(nameof(Files))]
    public async Task buildx_bake_reads_the_same(string yaml)
    {
        folder.Files.Write("web.env", "C=\"from the service's file\"\nA=hidden\n");
        folder.Files.Write("other/.env", "INNER=of the included\n");
        folder.Files.Write("other/base.yaml", "services:\n  base:\n    extends: {service: root}\n"
            + "    build: {args: [A=base, B=base, 'C=$FROM_FILE'], labels: {l: base}}\n  root: {build: {context: ., target: root}}\n");
        folder.Files.Write("other/included.yaml", "services:\n  inner:\n    image: x/inner:${TAG}\n    build: "
            + "{context: ., args: {A: $INNER}, additional_contexts: [o=../db], secrets: [s]}\nsecrets:\n  s: {file: ./Dockerfile}\n");
        folder.Files.Write(".env", "# a comment\nFROM_FILE=\"from file\"\nexport TAG=9 # comment\n");
        var project = folder.Compose(yaml);
        var root = Environment.GetEnvironmentVariable("MANIFOLD_TEST_DOCKER")?.Split(' ') ?? ["docker"];
        var printed = root is ["chroot", var system, .. var docker]
            ? await Tool.Run("chroot",
                system, "sh", "-c", $"cd '{folder.Files.Path}' && {string.Join(' ', docker)} buildx bake --print 2>/dev/null")
            : await Peer.Docker("buildx", "bake", "-f", folder.Files["compose.yaml"], "--print");
        using var bake = JsonDocument.Parse(printed);
        var targets = bake.RootElement.GetProperty("target").EnumerateObject()
            .ToDictionary(target => target.Name, target => Described(target.Value), StringComparer.Ordinal);
        Assert.Equal(targets.Keys.Order(StringComparer.Ordinal),
            project.Components.Select(component => component.Name).Order(StringComparer.Ordinal));
        Assert.All(project.Components, component => Assert.Equal(targets[component.Name], Described(component)));
    }

    private string Described(Component component)
    {
        var build = (BuildSource)component.Platforms[0].Source;
        return Described(
            build.ContextFolder,
            build.DockerfilePath is { } dockerfile ? Path.GetRelativePath(build.ContextFolder, folder.Files[dockerfile]) : "Dockerfile",
            build.InlineDockerfile, build.Target,
            build.Arguments.Select(pair => $"{pair.Key}={pair.Value}"),
            component.Labels.Select(pair => $"{pair.Key}={pair.Value}"), component.Tags.Select(tag => tag.ToString()),
            component.Platforms.Select(platform => platform.Platform.ToString()), build.CacheFrom,
            build.CacheTo, build.Secrets.Select(secret => secret.Replace(folder.Files.Path + "/", "", StringComparison.Ordinal)),
            build.Contexts.Select(context => $"{context.Key}={Described(context.Value)}"),
            build.NoCache, build.Pull);
    }

    private static string? Described(NamedContext context) => context switch
    {
        ImageContext image => "docker-image://" + image.Reference,
        FolderContext named => named.Folder,
        _ => context.ToString(),
    };

    private string Described(JsonElement target) => Described(
        Path.GetFullPath(Text(target, "context")!, folder.Files.Path), Text(target, "dockerfile"),
        Text(target, "dockerfile-inline"), Text(target, "target"), Pairs(target, "args"), Pairs(target, "labels"),
        List(target, "tags").Select(tag => ImageReference.Parse(tag).ToString()),
        List(target, "platforms").DefaultIfEmpty("linux/amd64"), List(target, "cache-from"), List(target, "cache-to"),
        List(target, "secret").Select(secret => secret.Replace("src=./", "src=", StringComparison.Ordinal)),
        Pairs(target, "contexts").Select(pair =>
            pair.Split('=', 2) is [var name, var value] && !value.Contains("://", StringComparison.Ordinal)
                ? $"{name}={Path.GetFullPath(value, folder.Files.Path)}"
                : pair),
        target.TryGetProperty("no-cache", out var none) && none.GetBoolean(),
        target.TryGetProperty("pull", out var pull) && pull.GetBoolean());

    private static string Described(params object?[] parts) =>
        string.Join('\n', parts.Select(
            part => part is IEnumerable<string> list ? string.Join(" | ", list.Order(StringComparer.Ordinal)) : part?.ToString() ?? "-"));

    private static string? Text(JsonElement target, string key) => target.TryGetProperty(key, out var value) ? value.GetString() : null;

    private static IEnumerable<string> Pairs(JsonElement target, string key) =>
        target.TryGetProperty(key, out var value) ? value.EnumerateObject().Select(pair => $"{pair.Name}={pair.Value.GetString()}") : [];

    private static IEnumerable<string> List(JsonElement target, string key) =>
        target.TryGetProperty(key, out var value) ? value.EnumerateArray().Select(item => item.GetString()!) : [];

    public void Dispose() => folder.Dispose();
}
