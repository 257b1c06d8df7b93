using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Sandbox;

/// <summary>Something that a RUN sees at <see cref="Target"/> and that is not in its changes, nor the mount point made for it.</summary>
internal sealed record SandboxMount
{
    public required MountKind Kind { get; init; }

    /// <summary>Absolute, in the RUN.</summary>
    public required string Target { get; init; }

    /// <summary>Bind: the file or folder of this machine that is shown. Layers: the path in them, empty for all.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// Bind: the folder below <see cref="Source"/> that is shown, empty for all. No link is followed: RUNs may have made them.
    /// </summary>
    public string Below { get; init; } = "";

    public bool ReadOnly { get; init; }

    /// <summary>Bind: what the RUN writes there is thrown away, and the source stays as it is. Layers are always so.</summary>
    public bool DiscardsWrites { get; init; }

    /// <summary>Tmpfs: its bound; null leaves the kernel's, half of the memory.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>The layers that are shown, lowest first, each of them a snapshot.</summary>
    public ImmutableArray<Digest> Layers { get; init; } = [];

    /// <summary>Memory: what the file holds.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Memory: what the RUN prints of the file is hidden.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Memory: whose the file is.</summary>
    public uint Uid { get; init; }

    public uint Gid { get; init; }
    public int Mode { get; init; }
}

internal enum MountKind
{
    Bind,
    Tmpfs,
    Layers,

    /// <summary>A file that exists in memory alone, and in the RUN's view alone.</summary>
    Memory,
}
