using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Verification.Findings;

namespace Manifold.Verification;

/// <summary>What the gate does with findings.</summary>
public enum GateMode
{
    /// <summary>Nothing is looked at.</summary>
    Off,

    /// <summary>Findings are told, and nothing is refused.</summary>
    Warn,

    /// <summary>Errors refuse.</summary>
    On,

    /// <summary>Warnings refuse too.</summary>
    Strict,
}

/// <summary>How severe the gate is, and which foreign files it lets pass.</summary>
public sealed record VerificationPolicy
{
    private readonly IgnoreRules allowed = IgnoreRules.None;

    public static VerificationPolicy Default { get; } = new();

    public GateMode Mode { get; init; } = GateMode.On;

    /// <summary>
    /// Files for other machines that are meant to be there: patterns as in a .dockerignore, from the image's root, e.g.
    /// <c>opt/agents/**</c>.
    /// </summary>
    /// <exception cref="DockerfileException">A pattern is malformed.</exception>
    public ImmutableArray<string> Allow
    {
        get;
        init => (field, allowed) = (value,
            value.IsDefaultOrEmpty ? IgnoreRules.None : IgnoreRules.Parse("--verify-allow", string.Join('\n', value)));
    } = [];

    public bool Refuses(FindingSeverity severity) => Mode switch
    {
        GateMode.On => severity == FindingSeverity.Error,
        GateMode.Strict => severity >= FindingSeverity.Warning,
        _ => false,
    };

    internal bool Allows(string path) => !allowed.IsEmpty && allowed.Match(path).Excluded;
}
