using Manifold.Oci;

namespace Manifold.Sandbox;

/// <summary>How this machine runs a platform's programs.</summary>
internal sealed record Emulation
{
    public required Platform Platform { get; init; }
    public required EmulationKind Kind { get; init; }

    /// <summary>The interpreter where it is emulated.</summary>
    public string? Handler { get; init; }

    /// <summary>The flags of its registration.</summary>
    public string? Flags { get; init; }

    /// <summary>Where it is missing: why.</summary>
    public string? Problem { get; init; }

    /// <summary>Where it is emulated: what fails in a RUN because of the registration's flags; null where nothing does.</summary>
    public string? Limit { get; init; }

    /// <summary>Where it is missing or has a limit: the command that mends it; null where nothing does.</summary>
    public string? Remedy { get; init; }
}

internal enum EmulationKind
{
    Native,
    Emulated,
    Missing,
}
