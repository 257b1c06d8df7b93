using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Verification.Findings;
using Manifold.Verification.Starting;

namespace Manifold.Verification;

/// <summary>What the gate found in an image: per platform, and of the index as a whole.</summary>
public sealed record GateReport
{
    /// <summary>The index, or the manifest where there is none.</summary>
    public required Digest Digest { get; init; }
    public required ImmutableArray<PlatformReport> Platforms { get; init; }

    /// <summary>All findings, those that weigh most first.</summary>
    public IEnumerable<Finding> Findings =>
        Platforms.SelectMany(platform => platform.Findings).OrderByDescending(finding => finding.Severity);

    public bool IsRefusedBy(VerificationPolicy policy) => Findings.Any(finding => policy.Refuses(finding.Severity));

    public int Count(FindingSeverity severity) => Findings.Count(finding => finding.Severity == severity);
}

/// <summary>One platform's image as the gate sees it.</summary>
public sealed record PlatformReport
{
    public required Platform Platform { get; init; }
    public required Digest Manifest { get; init; }

    /// <summary>ENTRYPOINT and CMD together; empty where there is neither.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>The files of the start, in order: scripts, interpreters, programs, their loader and libraries.</summary>
    public ImmutableArray<StartFile> Start { get; init; } = [];

    public ImmutableArray<Finding> Findings { get; init; } = [];
    public int LayerCount { get; init; }

    /// <summary>How many of the layers were looked into.</summary>
    public int LayersRead { get; init; }

    /// <summary>Foreign files that are where such files belong, or that the policy allows.</summary>
    public int ForeignFilesExpected { get; init; }

    /// <summary>What came of starting it, where that was asked for and possible.</summary>
    internal RunReport? Run { get; init; }

    public FindingSeverity? Worst => Findings.IsEmpty ? null : Findings.Max(finding => finding.Severity);
}
