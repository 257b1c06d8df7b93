using System.Collections.Immutable;
using System.Globalization;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Reporting.Comparing;

/// <summary>One thing that two images do not have in common; null is "not there".</summary>
/// <param name="Topic"><c>package</c>, <c>file</c>, or a part of the configuration.</param>
internal sealed record ImageDifference(string Topic, string Name, string? A, string? B);

/// <summary>One platform of two images. Sizes and digests are null where an image lacks the platform.</summary>
internal sealed record PlatformComparison(string Platform, Digest? A, Digest? B)
{
    public long? CompressedA { get; init; }
    public long? CompressedB { get; init; }

    /// <summary>Of all files of all layers.</summary>
    public long? UnpackedA { get; init; }
    public long? UnpackedB { get; init; }
    public int LayersA { get; init; }
    public int LayersB { get; init; }
    public int LayersShared { get; init; }
    public ImmutableArray<ImageDifference> Differences { get; init; } = [];
}

/// <summary>How two images differ, platform by platform: packages, files by content, configuration, sizes.</summary>
internal sealed record ImageComparison(string A, string B, ImmutableArray<PlatformComparison> Platforms)
{
    public bool IsSame => Platforms.All(platform => platform.A == platform.B);

    /// <summary>Pure.</summary>
    public static ImageComparison Of(string nameA, ImmutableArray<ComparedPlatform> a, string nameB, ImmutableArray<ComparedPlatform> b)
    {
        var platforms = a.Concat(b).Select(each => each.Contents.Platform).Distinct();
        return new ImageComparison(nameA, nameB, [.. platforms.Select(platform => Of(platform, Find(a, platform), Find(b, platform)))]);
    }

    private static ComparedPlatform? Find(ImmutableArray<ComparedPlatform> image, Platform platform) =>
        image.FirstOrDefault(each => each.Contents.Platform == platform);

    private static PlatformComparison Of(Platform platform, ComparedPlatform? a, ComparedPlatform? b)
    {
        var (layersA, layersB) = (DiffIds(a), DiffIds(b));
        return new PlatformComparison(platform.ToString(), a?.Contents.Descriptor.Digest, b?.Contents.Descriptor.Digest)
        {
            CompressedA = Compressed(a),
            CompressedB = Compressed(b),
            UnpackedA = Unpacked(a),
            UnpackedB = Unpacked(b),
            LayersA = layersA.Length,
            LayersB = layersB.Length,
            LayersShared = layersA.Intersect(layersB).Count(),
            Differences =
                a is null || b is null || a.Contents.Descriptor.Digest == b.Contents.Descriptor.Digest ? [] : [.. Differences(a, b)],
        };
    }

    private static IEnumerable<ImageDifference> Differences(ComparedPlatform a, ComparedPlatform b) =>
        Compare("package", a, b, Packages).Concat(Compare("file", a, b, Files))
            .Concat(Compare("config", a, b, Config))
            .Concat(Compare("environment", a, b, Environment))
            .Concat(
                Compare("label", a, b, image => (image.Contents.Config.Config?.Labels ?? Nothing).Select(pair => (pair.Key, pair.Value))))
            .Concat(Compare(
                "annotation", a, b, image => (image.Contents.Manifest.Annotations ?? Nothing).Select(pair => (pair.Key, pair.Value))));

    private static IEnumerable<ImageDifference> Compare(
        string topic, ComparedPlatform a, ComparedPlatform b, Func<ComparedPlatform, IEnumerable<(string Name, string Value)>> valuesOf)
    {
        var (left, right) = (Values(a), Values(b));
        return from name in left.Keys.Union(right.Keys).Order(StringComparer.Ordinal)
               let values = (A: left.GetValueOrDefault(name), B: right.GetValueOrDefault(name))
               where values.A != values.B
               select new ImageDifference(topic, name, values.A, values.B);

        Dictionary<string, string> Values(ComparedPlatform image)
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, value) in valuesOf(image))
                values[name] = value;
            return values;
        }
    }

    private static IEnumerable<(string, string)> Packages(ComparedPlatform image) =>
        image.Contents.Packages.Packages.GroupBy(package => package.Name)
            .Select(same => (same.Key, string.Join(", ", same.Select(package => package.Version).Distinct())));

    private static IEnumerable<(string, string)> Files(ComparedPlatform image) =>
        image.Files().Select(file => ("/" + file.Entry.Path, Told(file.Entry, file.Content)));

    /// <summary>All that matters of a file but its time, for people and for comparing.</summary>
    private static string Told(LayerEntry entry, Digest? content)
    {
        var attributes =
            string.Create(CultureInfo.InvariantCulture, $"{Convert.ToString(entry.Mode, 8).PadLeft(4, '0')} {entry.Uid}:{entry.Gid}");
        return entry.Kind switch
        {
            EntryKind.SymbolicLink => $"link to {entry.LinkTarget} {entry.Uid}:{entry.Gid}",
            EntryKind.Folder => $"folder {attributes}",
            EntryKind.File or EntryKind.HardLink =>
                $"{attributes} {(entry.Kind == EntryKind.File ? Amounts.Bytes(entry.Size) : "hard link")} {content?.Short}",
            _ => $"{entry.Kind.ToString().ToLowerInvariant()} {attributes} {entry.DeviceMajor}:{entry.DeviceMinor}",
        };
    }

    private static IEnumerable<(string, string)> Config(ComparedPlatform image)
    {
        var config = image.Contents.Config.Config;
        (string Name, string? Value)[] all =
        [
            ("entrypoint", Words(config?.Entrypoint)),
            ("command", Words(config?.Cmd)),
            ("user", config?.User),
            ("working directory", config?.WorkingDir),
            ("stop signal", config?.StopSignal), ("health check", Words(config?.Healthcheck?.Test)),
            ("ports", config?.ExposedPorts is { } ports ? string.Join(' ', ports.Keys) : null),
            ("volumes", config?.Volumes is { } volumes ? string.Join(' ', volumes.Keys) : null),
            ("created", image.Contents.Config.Created?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
        ];
        return all.Where(each => !string.IsNullOrEmpty(each.Value)).Select(each => (each.Name, each.Value!));
    }

    private static IEnumerable<(string, string)> Environment(ComparedPlatform image) =>
        (image.Contents.Config.Config?.Env ?? []).Select(variable => variable.Split('=', 2))
            .Select(parts => (parts[0], parts.Length > 1 ? parts[1] : ""));

    private static string? Words(ImmutableArray<string>? words) =>
        words is { IsDefaultOrEmpty: false } some ? string.Join(' ', some) : null;

    private static ImmutableArray<Digest> DiffIds(ComparedPlatform? image) => image?.Contents.Config.RootFs.DiffIds ?? [];

    private static long? Compressed(ComparedPlatform? image) => image?.Contents.Manifest.Layers.Sum(layer => layer.Size);

    private static long? Unpacked(ComparedPlatform? image) => image?.Contents.Layers.Sum(layer => layer.Bytes);

    private static ImmutableSortedDictionary<string, string> Nothing => ImmutableSortedDictionary<string, string>.Empty;
}
