using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Oci;

namespace Manifold.Reporting.Comparing;

/// <summary>One platform of an image in two builds; null where a build lacks it.</summary>
internal sealed record PlatformTimes(string Image, string Platform)
{
    public double? SecondsA { get; init; }
    public double? SecondsB { get; init; }
    public long? CompressedA { get; init; }
    public long? CompressedB { get; init; }
    public Digest? A { get; init; }
    public Digest? B { get; init; }
}

/// <summary>A step that took another time; null where a build did not do it (it was cached, or is not there).</summary>
internal sealed record StepTimes(string Image, string Platform, string Name, double? SecondsA, double? SecondsB);

/// <summary>How two builds differ: in time, in size, in what came of them.</summary>
internal sealed record BuildComparison(
    string A, string B, double SecondsA, double SecondsB, ImmutableArray<PlatformTimes> Platforms, ImmutableArray<StepTimes> Steps)
{
    private const double Noticeable = 0.1;

    /// <summary>The images' own differences, as far as both are still in the store.</summary>
    public ImmutableArray<ImageComparison> Images { get; init; } = [];

    /// <summary>Pure. Steps are the ones whose time differs noticeably, those that differ most first.</summary>
    public static BuildComparison Of(BuildRecord a, BuildRecord b) =>
        new(a.Id, b.Id, a.Duration.TotalSeconds, b.Duration.TotalSeconds, [.. PlatformsOf(a, b)], [.. StepsOf(a, b)]);

    private static IEnumerable<PlatformTimes> PlatformsOf(BuildRecord a, BuildRecord b)
    {
        var (left, right) = (ByPlatform(a), ByPlatform(b));
        return from key in left.Keys.Union(right.Keys)
               let one = left.GetValueOrDefault(key)
               let other = right.GetValueOrDefault(key)
               select new PlatformTimes(key.Item1, key.Item2)
               {
                   SecondsA = one?.Seconds,
                   SecondsB = other?.Seconds,
                   CompressedA = one?.CompressedBytes,
                   CompressedB = other?.CompressedBytes,
                   A = one?.Manifest,
                   B = other?.Manifest,
               };
    }

    // A build of one image has no component's name: it is the same image whatever its tag says.
    private static Dictionary<(string, string), RecordedPlatform> ByPlatform(BuildRecord record) => record.Components
        .SelectMany(image => image.Platforms.Select(platform => (Key: (NameOf(record, image), platform.Platform.ToString()), platform)))
        .DistinctBy(pair => pair.Key).ToDictionary(pair => pair.Key, pair => pair.platform);

    private static string NameOf(BuildRecord record, RecordedComponent image) =>
        record.Components.Length == 1 && image.Name.Length == 0 ? "" : image.ShortName;

    private static IEnumerable<StepTimes> StepsOf(BuildRecord a, BuildRecord b)
    {
        var (left, right) = (Worked(a), Worked(b));
        return from key in left.Keys.Union(right.Keys)
               let times = (A: left.TryGetValue(key, out var one) ? one : (double?)null,
                   B: right.TryGetValue(key, out var other) ? other : (double?)null)
               let change = Math.Abs((times.B ?? 0) - (times.A ?? 0))
               where change >= Noticeable
               orderby change descending
               select new StepTimes(key.Component, key.Platform, key.Name, times.A, times.B);
    }

    private static Dictionary<(string Component, string Platform, string Name), double> Worked(BuildRecord record) => record.Steps
        .Where(step => step.State is StepState.Done or StepState.Failed)
        .GroupBy(step => (step.Component, (step.For is [var only] ? only : step.Platform).ToString(), step.Name))
        .ToDictionary(same => same.Key, same => same.Sum(step => step.Seconds));
}
