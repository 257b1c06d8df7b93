using Manifold.Oci;

namespace Manifold.Sandbox;

/// <summary>How this machine runs a platform's programs.</summary>
public sealed record Emulation
{
    public required Platform Platform { get; init; }
    public required EmulationKind Kind { get; init; }

    /// <summary>The interpreter where it is emulated.</summary>
    public string? Handler { get; init; }

    /// <summary>The flags of its registration.</summary>
    public string? Flags { get; init; }

    /// <summary>Where it is missing: why, and the command that mends it.</summary>
    public string? Problem { get; init; }
}

public enum EmulationKind
{
    Native,
    Emulated,
    Missing,
}
