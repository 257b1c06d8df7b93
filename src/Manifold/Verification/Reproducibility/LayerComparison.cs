using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Solving.Keeping;

namespace Manifold.Verification.Reproducibility;

/// <summary>A step's layer in the store of the build that made it.</summary>
internal sealed record MadeLayer(LayerKeeper Layers, Digest DiffId);

/// <summary>Compares two makings of a layer, file by file.</summary>
/// <remarks>
/// <code>
/// each layer       1  read once: attributes, and the digest of each content
/// paths            2  there once only, or other attributes, or another digest
/// these contents   3  read once more: where they part, and why
/// </code>
/// What is published counts: times later than the layer's are the layer's. Memory is bounded by <see cref="Told"/> files of
/// <see cref="LargestContent"/>.
/// </remarks>
/// <param name="fileTime">What files are stamped with, in seconds since 1970.</param>
internal sealed class LayerComparison(BuildConditions first, BuildConditions second, long fileTime)
{
    internal const int LargestContent = 8 * 1024 * 1024;

    /// <summary>How many files of a layer are told.</summary>
    public const int Told = 40;

    private readonly ContentComparison contents = new(first, second);

    /// <summary>The files that differ, and how many there are.</summary>
    /// <exception cref="ContentMismatchException">A layer's files are not kept any more.</exception>
    public async Task<(ImmutableArray<FileDifference> Files, int Count)> CompareAsync(
        MadeLayer? a, MadeLayer? b, CancellationToken cancellation)
    {
        // 1
        var (left, right) = (await ReadAsync(a, cancellation).ConfigureAwait(false),
            await ReadAsync(b, cancellation).ConfigureAwait(false));
        // 2
        var paths = left.Keys.Union(right.Keys)
            .Where(path => !(left.TryGetValue(path, out var x) && right.TryGetValue(path, out var y) && x == y))
            .Order(StringComparer.Ordinal).ToList();
        var told = paths.Take(Told).ToHashSet(StringComparer.Ordinal);
        // 3
        var wanted =
            told.Where(path => left.GetValueOrDefault(path)?.Content is { } x && right.GetValueOrDefault(path)?.Content is { } y && x != y)
                .ToHashSet(StringComparer.Ordinal);
        var (before, after) = (await ContentsAsync(a, wanted, cancellation).ConfigureAwait(false),
            await ContentsAsync(b, wanted, cancellation).ConfigureAwait(false));
        return ([.. told.Order(StringComparer.Ordinal)
            .Select(path => Difference(path, (left.GetValueOrDefault(path), right.GetValueOrDefault(path)),
                (before.GetValueOrDefault(path), after.GetValueOrDefault(path))))], paths.Count);
    }

    private sealed record Seen(string Kind, string Mode, string Owner, FileTime Time, string Link, string Xattrs, Digest? Content);

    private FileDifference Difference(string path, (Seen? First, Seen? Second) seen, (byte[]? First, byte[]? Second) content)
    {
        if (seen.First is not { } x || seen.Second is not { } y)
            return new FileDifference(path, seen.Second is null ? FileChange.OnlyFirst : FileChange.OnlySecond)
            {
                Cause = LikelyCauses.ByPath(path) ?? LikelyCauses.OnlyOnce,
            };
        var attributes = Attributes(x, y).ToImmutableArray();
        if (content is not ({ } a, { } b))
        {
            var cause = x.Content != y.Content ? LikelyCauses.Unknown
                : attributes.All(attribute => attribute.Name == "time") ? LikelyCauses.FileTime
                : LikelyCauses.Unknown;
            return new FileDifference(path, FileChange.Differs) { Attributes = attributes, Cause = LikelyCauses.ByPath(path) ?? cause };
        }
        var (difference, why) = contents.Compare(a, b);
        return new FileDifference(path, FileChange.Differs)
        {
            Attributes = attributes,
            Content = difference,
            Cause = LikelyCauses.ByPath(path) ?? why,
        };
    }

    private static IEnumerable<AttributeDifference> Attributes(Seen x, Seen y) => new[]
    {
        new AttributeDifference("kind", x.Kind, y.Kind),
        new AttributeDifference("mode", x.Mode, y.Mode), new AttributeDifference("owner", x.Owner, y.Owner),
        new AttributeDifference("time", Text(x.Time), Text(y.Time)),
        new AttributeDifference("link", x.Link, y.Link), new AttributeDifference("extended attributes", x.Xattrs, y.Xattrs),
    }.Where(attribute => attribute.First != attribute.Second);

    private static string Text(FileTime time) =>
        time.Seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && time.Seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
        ? $"{DateTimeOffset.FromUnixTimeSeconds(time.Seconds):yyyy-MM-dd HH:mm:ss}.{time.Nanoseconds:D9}"
        : $"{time.Seconds} s since 1970"; // a file may claim any time

    private async Task<Dictionary<string, Seen>> ReadAsync(MadeLayer? layer, CancellationToken cancellation) => layer is null ? []
        : await layer.Layers.ReadAsync(new ChainLayer(layer.DiffId), entries =>
        {
            var seen = new Dictionary<string, Seen>(StringComparer.Ordinal);
            foreach (var entry in entries.Where(entry => !entry.Implied))
            {
                cancellation.ThrowIfCancellationRequested();
                seen[entry.Path] = See(entry);
            }
            return seen;
        }, cancellation).ConfigureAwait(false);

    private Seen See(LayerEntry entry)
    {
        var latest = new FileTime(fileTime);
        using var content = entry.Kind == EntryKind.File ? entry.Open!() : null;
        return new Seen(
            entry.Opaque ? "opaque folder" : entry.Kind.ToString(), Convert.ToString(entry.Mode, 8), $"{entry.Uid}:{entry.Gid}",
            entry.Modified > latest ? latest : entry.Modified,
            entry.LinkTarget
                ?? (entry.Kind is EntryKind.CharacterDevice or EntryKind.BlockDevice ? $"{entry.DeviceMajor}:{entry.DeviceMinor}" : ""),
            string.Join(' ', entry.Xattrs.Select(pair => $"{pair.Key}={Convert.ToHexStringLower(pair.Value)}")),
            content is null ? null : Digest.Of(content));
    }

    private static async Task<Dictionary<string, byte[]>> ContentsAsync(
        MadeLayer? layer, HashSet<string> wanted, CancellationToken cancellation) =>
        layer is null || wanted.Count == 0 ? []
            : await layer.Layers.ReadAsync(new ChainLayer(layer.DiffId), entries =>
            {
                var contents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
                foreach (var entry in entries.Where(
                    entry => wanted.Contains(entry.Path) && entry is { Kind: EntryKind.File, Size: <= LargestContent }))
                {
                    using var content = entry.Open!();
                    var bytes = new byte[entry.Size];
                    content.ReadExactly(bytes);
                    contents[entry.Path] = bytes;
                }
                return contents;
            }, cancellation).ConfigureAwait(false);
}
