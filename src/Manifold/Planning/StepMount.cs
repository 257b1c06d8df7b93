using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>What a RUN sees besides its image: one <c>--mount</c>, its variables expanded and its source found.</summary>
/// <remarks>
/// A bind mount's content belongs to the key of the step; of the others only what the Dockerfile says does: caches, secrets and agents
/// change neither the key nor the image (BuildKit's behaviour).
/// </remarks>
internal sealed record StepMount
{
    /// <summary>As the instruction has it.</summary>
    public required RunMount Definition { get; init; }

    /// <summary>Absolute; empty for a secret that is a variable and no file.</summary>
    public required string Target { get; init; }

    /// <summary>The step whose files are shown, or that a cache begins with.</summary>
    public Step? From { get; init; }

    /// <summary>The named context that is shown.</summary>
    public FolderSource? Folder { get; init; }

    /// <summary>A cache's, a secret's or an agent's name.</summary>
    public string Id { get; init; } = "";

    /// <summary>Below the root of what is shown, without a leading slash; empty is all of it.</summary>
    public string Source => (Definition.Source ?? "").Trim('/');

    /// <summary>Whether files of the context, or of a folder under a name, are shown.</summary>
    public bool ShowsFolder => Definition.Type == MountType.Bind && From is null;

    /// <summary>What the definition says, without content and without secrets.</summary>
    public KeyBuilder AddTo(KeyBuilder key) => key
        .Add((long)Definition.Type).Add(Target).Add(Id).Add(Source)
        .Add(Definition.ReadOnly ? 1 : 0)
        .Add(Definition.Required ? 1 : 0).Add(Definition.Env)
        .Add((long)Definition.Sharing).Add(Definition.Mode ?? -1).Add(Definition.Uid ?? -1).Add(Definition.Gid ?? -1)
        .Add(Definition.Size ?? -1);

    /// <summary>
    /// A cache's name in the store: the same name on another platform is another cache, unless the Dockerfile says that it may be shared.
    /// </summary>
    /// <remarks>What a cache begins with is part of it, as in BuildKit: a folder made for one user is not handed to another.</remarks>
    public static string CacheId(RunMount mount, string target, Platform platform) =>
        $"{mount.Id ?? target} {(mount.ShareArchitectures ? "" : platform)} {mount.Uid}:{mount.Gid}:{mount.Mode}";
}
