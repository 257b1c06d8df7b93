using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Manifold.Oci;

namespace Manifold.Building.Recording;

/// <summary>What became of a step.</summary>
internal enum StepState
{
    [JsonStringEnumMemberName("done")] Done,
    [JsonStringEnumMemberName("cached")] Cached,
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>It was under way when something else failed.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,

    [JsonStringEnumMemberName("never")] NeverBegun,
}

/// <summary>One step: equal work for several platforms is one.</summary>
internal sealed record RecordedStep
{
    /// <summary>From 1, in this record.</summary>
    public required int Number { get; init; }

    public string Component { get; init; } = "";
    public required string Name { get; init; }
    public required string Stage { get; init; }

    /// <summary>What it runs on.</summary>
    public required Platform Platform { get; init; }

    /// <summary>The platforms whose images need it.</summary>
    public ImmutableArray<Platform> For { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary><c>run</c>, <c>copy</c> or <c>workdir</c>.</summary>
    public required string Kind { get; init; }

    public required StepState State { get; init; }
    public bool Emulated { get; init; }

    /// <summary>Null where it never began.</summary>
    public double? Begin { get; init; }
    public double? End { get; init; }

    /// <summary>What the work took; where it is cached, what it took when it was done.</summary>
    public double Seconds { get; init; }

    /// <summary>The numbers of the steps that it waited for.</summary>
    public ImmutableArray<int> Needs { get; init => field = value.IsDefault ? [] : value; } = [];

    [JsonIgnore] public double Elapsed => (End - Begin) ?? 0;
}

/// <summary>What a build does beside its steps: <c>plan</c>, <c>verify</c>, <c>publish</c>, and hooks by their command.</summary>
internal sealed record RecordedPhase(string Name, string Component, double Begin, double End)
{
    [JsonIgnore] public bool IsHook => Component.Length > 0 && Name is not ("plan" or "verify" or "publish");

    [JsonIgnore] public double Elapsed => End - Begin;
}

/// <summary>Blobs that came from one place, or went to one.</summary>
/// <param name="Kind">
/// <c>pulled</c>, <c>pushed</c>, <c>mounted</c>, <c>there</c> (a push that found them), <c>sent</c> to or <c>received</c> from a node.
/// </param>
/// <param name="Where">Registry and repository, or the name of the node.</param>
/// <param name="Bytes">The bytes that were moved; for <c>mounted</c> and <c>there</c> the bytes that did not have to be.</param>
internal sealed record RecordedTransfer(string Kind, string Where, int Blobs, long Bytes, double Begin, double End);

/// <summary>An image that was built upon, by digest.</summary>
/// <param name="From"><c>registry</c>, <c>store</c> or <c>last time</c>.</param>
internal sealed record RecordedBase(string Reference, Platform Platform, Digest Digest, long Bytes, string From)
{
    /// <summary>What its config says; null where it does not, or says the epoch.</summary>
    public DateTimeOffset? Created { get; init; }
}

/// <summary>Something that people should know, and what to do about it.</summary>
internal sealed record RecordedWarning(string Component, string Message)
{
    public string? Mend { get; init; }
}
