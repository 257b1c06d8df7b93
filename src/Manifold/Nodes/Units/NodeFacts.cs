using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Nodes.Units;

/// <summary>A node's answers about itself. Each build asks once.</summary>
internal sealed record NodeFacts
{
    /// <summary>The version of the program that answered.</summary>
    public required string Version { get; init; }

    /// <summary>Equal for two names of one machine with one store: the running kernel and the store's folder.</summary>
    public required string Identity { get; init; }

    public required Platform Platform { get; init; }

    /// <summary>The platforms whose programs the processor executes itself.</summary>
    public ImmutableArray<Platform> Native { get; init; } = [];

    /// <summary>The platforms that an emulator there executes.</summary>
    public ImmutableArray<Platform> Emulated { get; init; } = [];

    /// <summary>The reason why no RUN can work there, and what to do about it; null if RUNs can.</summary>
    public string? RunProblem { get; init; }

    public int Processors { get; init; }

    public long MemoryBytes { get; init; }

    /// <summary>The number of RUNs that it bears at a time.</summary>
    public int Jobs { get; init; }

    /// <summary>The load average of the last minute.</summary>
    public double Load { get; init; }

    /// <summary>The folder of its store.</summary>
    public required string Store { get; init; }

    /// <summary>The bytes that its store occupies. Measured only for <c>manifold nodes</c>.</summary>
    public long StoreBytes { get; init; }

    /// <summary>The number of programs that were copied there. Counted only for <c>manifold nodes</c>.</summary>
    public int Programs { get; init; }

    /// <summary>The bytes of these programs.</summary>
    public long ProgramBytes { get; init; }

    /// <summary>The bytes that are free on the disk of its store.</summary>
    public long FreeBytes { get; init; }

    /// <summary>Its clock, in seconds since 1970.</summary>
    public long Time { get; init; }
}
