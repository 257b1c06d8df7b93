using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Manifold.Oci;

namespace Manifold.Verification.Reproducibility;

/// <summary>What came of building a project twice from nothing.</summary>
internal sealed record ReproducibilityReport
{
    public required BuildConditions First { get; init; }
    public required BuildConditions Second { get; init; }

    /// <summary>In the order in which they were built.</summary>
    public required ImmutableArray<ReproducedImage> Images { get; init; }

    /// <summary>The steps that made something else the second time, in the order of the builds.</summary>
    public ImmutableArray<StepDifference> Steps { get; init; } = [];

    /// <summary>What differs in configs and manifests, and in no layer.</summary>
    public ImmutableArray<ConfigDifference> Configs { get; init; } = [];

    public bool IsReproducible => Images.All(image => image.IsSame);
}

/// <summary>Under what a build was made; the two differ in each of these.</summary>
/// <param name="Folder">Where the project lay; of several folders the first.</param>
/// <param name="Jobs">How many RUNs worked at a time.</param>
internal sealed record BuildConditions(string Folder, DateTimeOffset Began, TimeSpan Duration, int Jobs)
{
    /// <summary>What hooks and RUNs had as TZ; null where the machine's and the images' own counted.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Absolute folders that a program may have written down: contexts, and the store that containers stand on.</summary>
    [JsonIgnore]
    public ImmutableArray<string> Folders { get; init; } = [];
}

/// <summary>An image of the project, built twice.</summary>
internal sealed record ReproducedImage(string Name, Digest First, Digest Second, ImmutableArray<ReproducedPlatform> Platforms)
{
    public bool IsSame => First == Second;

    /// <summary>Images of the project that it stands on and that differ themselves.</summary>
    public ImmutableArray<string> Below { get; init; } = [];
}

/// <summary>One platform's manifests; null where a build went without the platform.</summary>
internal sealed record ReproducedPlatform(Platform Platform, Digest? First, Digest? Second)
{
    public bool IsSame => First == Second;
}

/// <summary>A step whose layer differs.</summary>
/// <param name="Name">The instruction, as the build's progress has it.</param>
/// <param name="Place">E.g. <c>api/Dockerfile:7</c>.</param>
internal sealed record StepDifference(string Image, ImmutableArray<Platform> Platforms, string Name, string Place)
{
    /// <summary>What it stands on differs already, so that it may have had no choice.</summary>
    public bool StandsOnDifferences { get; init; }

    /// <summary>Null where the layers' files are not kept any more.</summary>
    public ImmutableArray<FileDifference>? Files { get; init; } = [];

    /// <summary>How many more files differ than are told.</summary>
    public int More { get; init; }
}

/// <summary>How a file of a layer differs. A closed family of three.</summary>
internal enum FileChange { OnlyFirst, OnlySecond, Differs }

/// <summary>A file that two makings of a layer do not agree on.</summary>
internal sealed record FileDifference(string Path, FileChange Change)
{
    /// <summary>Everything but the content: kind, mode, owner, time, link, extended attributes.</summary>
    public ImmutableArray<AttributeDifference> Attributes { get; init; } = [];

    /// <summary>Null where the content is the same, or too large to be looked at.</summary>
    public ContentDifference? Content { get; init; }

    public required LikelyCause Cause { get; init; }

    /// <summary>The hook of the project file that makes it; null where none says so.</summary>
    public string? Hook { get; init; }
}

internal sealed record AttributeDifference(string Name, string First, string Second);

/// <summary>Where two contents part.</summary>
/// <param name="Offset">Of the first byte that differs.</param>
/// <param name="First">What stands there, for people: text, or hexadecimal digits.</param>
/// <param name="Inside">The entry of the archive that differs, and that the offset counts in; null for the file itself.</param>
internal sealed record ContentDifference(long Offset, string First, string Second, string? Inside);

/// <summary>A value in a config, a manifest or an index that differs, by its path in the JSON.</summary>
internal sealed record ConfigDifference(string Image, Platform? Platform, string Path, string? First, string? Second, LikelyCause Cause);

/// <summary>Kinds of what makes builds differ.</summary>
internal enum LikelyCauseKind { TimeStamp, Path, Random, Order, Argument, Network, Unknown }

/// <summary>Why something probably differs, and what mends it.</summary>
internal sealed record LikelyCause(LikelyCauseKind Kind, string Text, string Mend);
