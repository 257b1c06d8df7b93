using System.Collections.Immutable;

namespace Manifold.Projects.ManifoldFile;

/// <summary>The keys of manifold.yaml, by the level that they stand at. <c>docs/manifold-yaml.md</c> explains each.</summary>
internal static class Keys
{
    private static readonly ImmutableArray<string> Building =
    [
        "context", "dockerfile", "dockerfile-inline", "target", "args", "contexts", "secrets", "ssh",
        "cache", "cache-from", "cache-to", "no-cache", "no-cache-filter", "pull",
        "network", "shm-size", "extra-hosts", "ulimits", "entitlements",
    ];

    private static readonly ImmutableArray<string> Publishing = ["platforms", "tags", "labels", "annotations", "verify", "publish",
        "platform-tags", "attest", "output", "index", "created"];

    private static readonly ImmutableArray<string> Nodes = ["nodes", "on", "emulation"];

    public static ImmutableArray<string> File { get; } =
        ["registry", .. Publishing, "images", "groups", "templates", "rollout", "push", .. Nodes, .. Building];

    public static ImmutableArray<string> Template { get; } = [.. Building, .. Publishing, "source", "before", "inherits"];

    public static ImmutableArray<string> Image { get; } = [.. Template, "alias", "aliases", "name", "matrix"];

    public static ImmutableArray<string> Platform { get; } = [.. Building, "source", "optional", "before"];

    public static ImmutableArray<string> Hook { get; } = ["run", "inputs", "outputs", "environment", "folder", "platform", "per-platform"];

    public static ImmutableArray<string> Verify { get; } = ["mode", "run", "timeout", "allow"];

    public static ImmutableArray<string> Rollout { get; } = ["deployment", "namespace"];

    public static ImmutableArray<string> Node { get; } = ["address", "jobs", "folder"];

    /// <summary>The keys of the user's own configuration.</summary>
    public static ImmutableArray<string> Configuration => Nodes;

    public static ImmutableArray<string> Cache { get; } = ["from", "to"];

    public static ImmutableArray<string> Secret { get; } = ["id", "src", "env", "type"];
}
