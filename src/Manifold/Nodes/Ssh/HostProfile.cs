using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Nodes.Ssh;

/// <summary>A host's answers to the first questions, from a shell script.</summary>
internal sealed record HostProfile
{
    /// <summary>The operating system, such as <c>Linux</c>, from <c>uname -s</c>.</summary>
    public required string Os { get; init; }

    /// <summary>The kernel's name for the processor, such as <c>aarch64</c>, from <c>uname -m</c>.</summary>
    public required string Machine { get; init; }

    /// <summary>The platform of that processor. Programs of the system can be for a smaller one.</summary>
    public Platform Platform => Platform.Normalized(Os.ToLowerInvariant(), Machine, null);

    /// <summary>The kernel's release, such as <c>6.1.0-18-arm64</c>.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>The C library, such as <c>glibc 2.36</c> or <c>musl</c>; empty if it is unknown.</summary>
    public string Library { get; init; } = "";

    /// <summary>The loaders of dynamic programs that are there, such as <c>/lib64/ld-linux-x86-64.so.2</c>.</summary>
    public ImmutableArray<string> Loaders { get; init; } = [];

    /// <summary>The number of the user that ssh logs in as; 0 for root.</summary>
    public long UserId { get; init; }

    public string Home { get; init; } = "";

    /// <summary>The folder for the program and the store. Absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>The reason why the folder can't be written; null if it can be.</summary>
    public string? WriteProblem { get; init; }

    /// <summary>Whether programs in the folder can be executed.</summary>
    public bool CanExecute { get; init; } = true;

    /// <summary>The bytes that are free for this user on the folder's disk; null if it is unknown.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>The host's clock, in seconds since 1970.</summary>
    public long Time { get; init; }

    /// <summary>Whether <c>gzip</c> is installed.</summary>
    public bool HasGzip { get; init; }

    /// <summary>The programs that were copied there earlier.</summary>
    public ImmutableArray<Digest> Programs { get; init; } = [];
}
