using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Verification;

namespace Manifold.Building.Recording;

/// <summary>What a chain of layers weighs unpacked, and what of it is carried in vain.</summary>
/// <param name="Layers">Bytes of each layer's files, lowest first.</param>
/// <param name="Waste">The largest files.</param>
internal sealed record ChainWeight(ImmutableArray<long> Layers, long WastedBytes, ImmutableArray<RecordedWaste> Waste);

/// <summary>Weighs chains by their tables of contents: <c>cache/weights</c> in the store keeps what came of it.</summary>
/// <remarks>Nothing is fetched or decompressed. A chain that was weighed before costs reading one small file. Thread-safe.</remarks>
internal sealed class LayerWeights(Store store)
{
    private const string Version = "1"; // bumped when the meaning changes, so that old records are not believed
    private const int ShownFiles = 12;

    private readonly string folder = store.Layout.Weights.Path;
    private readonly ContentsCache contents = new(store);
    private readonly ConcurrentDictionary<Digest, TableOfContents?> tables = new();

    /// <summary>Null where not all layers' contents are known here.</summary>
    public ChainWeight? Of(ImmutableArray<Digest> diffIds)
    {
        using var key = new KeyBuilder();
        var file = Path.Combine(folder, key.Add(Version).AddAll([.. diffIds.Select(diffId => diffId.ToString())]).ToDigest().Hex + ".json");
        if (Find(file) is { } known && known.Layers.Length == diffIds.Length)
            return known;
        var layers = diffIds.Select(diffId => tables.GetOrAdd(diffId, contents.Find)).OfType<TableOfContents>().ToList();
        if (layers.Count < diffIds.Length)
            return null;
        var weight = Weigh(layers);
        Save(file, weight);
        return weight;
    }

    /// <summary>What cannot be kept is weighed again the next time: a full disk is no trouble of the build that is done.</summary>
    private void Save(string file, ChainWeight weight)
    {
        try
        {
            Directory.CreateDirectory(folder);
            Store.ReplaceFile(file, JsonSerializer.SerializeToUtf8Bytes(weight, WeightJson.Default.ChainWeight));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As it says above.
        }
    }

    private static ChainWeight Weigh(IReadOnlyList<TableOfContents> layers)
    {
        var wasted =
            WastedFiles.Find(layers).OrderByDescending(file => file.Bytes).ThenBy(file => file.Path, StringComparer.Ordinal).ToList();
        return new ChainWeight(
            [.. layers.Select(layer => layer.Entries.Sum(entry => entry.Size))], wasted.Sum(file => file.Bytes),
            [.. wasted.Take(ShownFiles)
                .Select(file => new RecordedWaste("/" + file.Path, file.Bytes, file.Layer + 1, file.By + 1, file.Deleted))]);
    }

    private static ChainWeight? Find(string file)
    {
        try
        {
            var weight = JsonSerializer.Deserialize(File.ReadAllBytes(file), WeightJson.Default.ChainWeight);
            return weight is { Layers.IsDefault: false, Waste.IsDefault: false } ? weight : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ChainWeight))]
internal sealed partial class WeightJson : JsonSerializerContext;
