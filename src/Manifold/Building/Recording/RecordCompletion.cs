using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Verification.Packages;
using Manifold.Verification.Parity;

namespace Manifold.Building.Recording;

/// <summary>Adds to a record what a build has no time for and a report wants: how far the platforms of each image are the same.</summary>
/// <remarks>
/// Reads the store alone: tables of contents, and of the layers that have a package database the blob. An image of which something is
/// no longer there, or never was, stays without.
/// </remarks>
internal sealed class RecordCompletion(Store store)
{
    private const int ShownDifferences = 60, LongestValue = 80;

    private readonly ContentsCache contents = new(store);
    private readonly SharedWork<Digest, LayerSurvey?> layers = new();
    private readonly ConcurrentDictionary<Digest, bool> unread = new();
    private readonly Processors processors = new();

    /// <summary>The record with what could be added. What was there stays.</summary>
    public async Task<BuildRecord> CompleteAsync(BuildRecord record, CancellationToken cancellation = default)
    {
        var components = new RecordedComponent[record.Components.Length];
        await Parallel.ForAsync(0, components.Length, cancellation, async (i, stop) =>
        {
            var image = record.Components[i];
            components[i] = image.Parity is null ? image with { Parity = await ParityOfAsync(image, stop).ConfigureAwait(false) } : image;
        }).ConfigureAwait(false);
        return record with { Components = [.. components] };
    }

    private async Task<RecordedParity?> ParityOfAsync(RecordedComponent image, CancellationToken cancellation)
    {
        var made = image.Platforms.Where(platform => platform.Manifest is not null).ToList();
        if (made.Count < 2)
            return null;
        var all = await Task.WhenAll(made.Select(platform => ReadAsync(platform, cancellation))).ConfigureAwait(false);
        var read = all.OfType<PlatformContents>().ToImmutableArray();
        if (read.Length < made.Count)
            return null;
        var report = ParityReport.Of(new ImageContents(image.Index!, read));
        var lacking = read.Where(platform => platform.Config.RootFs.DiffIds.Any(unread.ContainsKey)).Select(platform =>
            $"{platform.Platform}: packages, because one of its layers is not in the store").ToList();
        return new RecordedParity(report.Differences.Length)
        {
            Platforms = [.. report.Platforms.Select(platform => platform.Platform)],
            Differences = [.. report.Differences.Take(ShownDifferences).Select(difference =>
                new RecordedDifference(difference.Topic.ToString().ToLowerInvariant(), difference.Name)
                {
                    Values = [.. difference.Values.Select(Short)],
                })],
            Unreadable = lacking.Count > 0 ? [.. lacking] : report.Unreadable,
        };
    }

    private async Task<PlatformContents?> ReadAsync(RecordedPlatform platform, CancellationToken cancellation)
    {
        try
        {
            if (store.TryReadDocument(platform.Manifest!.Value) is not { } bytes
                || Manifest.Parse(bytes) is not { } manifest
                || store.TryReadDocument(manifest.Config.Digest) is not { } configBytes)
                return null;
            var config = ImageConfig.Parse(configBytes);
            var all = await Task.WhenAll(manifest.Layers.Zip(config.RootFs.DiffIds, (layer, diffId) =>
                layers.GetAsync(diffId,
                    stop => processors.RunAsync(() => Survey(layer, diffId, stop), stop), cancellation))).ConfigureAwait(false);
            var surveys = all.OfType<LayerSurvey>().ToImmutableArray();
            var descriptor = new Descriptor
            {
                MediaType = MediaType.Manifest,
                Digest = platform.Manifest.Value,
                Size = bytes.Length,
                Platform = PlatformFields.From(platform.Platform),
            };
            return surveys.Length == manifest.Layers.Length
                ? new PlatformContents(platform.Platform, descriptor, manifest, config, surveys)
                : null;
        }
        catch (Exception e) when (e is ManifoldException or FormatException)
        {
            return null; // damaged: verify says so better
        }
    }

    private LayerSurvey? Survey(Descriptor layer, Digest diffId, CancellationToken cancellation)
    {
        if (contents.Find(diffId) is not { } table)
            return null;
        if (!table.Entries.Any(entry => entry.Kind == EntryKind.File && PackageInventory.IsWanted(entry.Path)))
            return new LayerSurvey(table, ImmutableDictionary<string, byte[]>.Empty);
        if (store.TryOpen(layer.Digest) is { } blob)
            return LayerSurvey.Read(blob, layer, diffId, PackageInventory.IsWanted, cancellation);
        unread[diffId] = true;
        return new LayerSurvey(table, ImmutableDictionary<string, byte[]>.Empty);
    }

    private static string? Short(string? value) => value is { Length: > LongestValue } ? value[..LongestValue] + "…" : value;
}
