using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Manifold.Oci;

namespace Manifold.Building.Recording;

/// <summary>How a platform's image came to be.</summary>
internal enum BuildWay
{
    /// <summary>Its programs ran on this machine's own processor.</summary>
    [JsonStringEnumMemberName("native")] Native,

    /// <summary>Made for it on another platform, with that platform's compilers.</summary>
    [JsonStringEnumMemberName("cross")] Cross,

    [JsonStringEnumMemberName("emulated")] Emulated,

    /// <summary>Taken as it is from somewhere.</summary>
    [JsonStringEnumMemberName("imported")] Imported,

    /// <summary>Nothing ran: files were put together.</summary>
    [JsonStringEnumMemberName("copy")] Copy,
}

/// <summary>One platform of an image.</summary>
internal sealed record RecordedPlatform
{
    public required Platform Platform { get; init; }

    /// <summary>Null where it was not made.</summary>
    public Digest? Manifest { get; init; }

    public long CompressedBytes { get; init; }

    /// <summary>Of all files of all layers; null where not all layers' contents are known here.</summary>
    public long? UncompressedBytes { get; init; }

    public BuildWay Way { get; init; }

    /// <summary>The node that built it; null if only this machine builds.</summary>
    public RecordedNode? Node { get; init; }

    /// <summary>How long something was done for it, waiting left out.</summary>
    public double Seconds { get; init; }

    /// <summary>How much of the work ran under an emulator.</summary>
    public double EmulatedSeconds { get; init; }

    /// <summary>How many steps it needs, and how many of them were known.</summary>
    public int Steps { get; init; }
    public int CachedSteps { get; init; }

    /// <summary>It may fail without failing the image.</summary>
    public bool Optional { get; init; }
    public string? Failure { get; init; }

    /// <summary>Whether the gate looked at it.</summary>
    public bool Verified { get; init; }
    public ImmutableArray<RecordedFinding> Findings { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>What came of starting it; null where it was not started.</summary>
    public RecordedRun? Run { get; init; }

    /// <summary>Lowest first.</summary>
    public ImmutableArray<RecordedLayer> Layers { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Bytes of files that a later layer replaces or deletes; null where the contents are not known here.</summary>
    public long? WastedBytes { get; init; }

    /// <summary>The largest of those files.</summary>
    public ImmutableArray<RecordedWaste> Waste { get; init => field = value.IsDefault ? [] : value; } = [];

    [JsonIgnore] public bool IsCached => Steps > 0 && CachedSteps == Steps;
}

/// <summary>Where a layer comes from.</summary>
internal enum LayerOrigin
{
    [JsonStringEnumMemberName("base")] Base,
    [JsonStringEnumMemberName("own")] Own,
    [JsonStringEnumMemberName("imported")] Imported,
}

/// <summary>One layer of an image.</summary>
internal sealed record RecordedLayer
{
    public required Digest Digest { get; init; }
    public required Digest DiffId { get; init; }
    public required long Bytes { get; init; }

    /// <summary>Of its files; null where its contents are not known here.</summary>
    public long? UncompressedBytes { get; init; }

    public required LayerOrigin Origin { get; init; }

    /// <summary>What made it, as far as that is known.</summary>
    public required string Instruction { get; init; }

    /// <summary>The other platforms of the image that have it too.</summary>
    public ImmutableArray<Platform> SharedWith { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>
/// A file that takes space in one layer and is replaced or deleted by a later one. Layers are numbered from 1, the lowest.
/// </summary>
internal sealed record RecordedWaste(string Path, long Bytes, int Layer, int By, bool Deleted);

/// <summary>What the gate found.</summary>
/// <param name="Severity"><c>error</c>, <c>warning</c> or <c>note</c>.</param>
internal sealed record RecordedFinding(string Id, string Severity, string Message)
{
    public string? Place { get; init; }
    public string? Cause { get; init; }

    /// <summary>What to do; null where that is not known.</summary>
    public string? Mend { get; init; }
}

/// <param name="ExitCode">Null where it did not end in time.</param>
internal sealed record RecordedRun(string Command, int? ExitCode, bool Emulated, double Seconds)
{
    public ImmutableArray<string> Lines { get; init => field = value.IsDefault ? [] : value; } = [];
}
