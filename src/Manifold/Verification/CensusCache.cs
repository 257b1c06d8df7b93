using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Verification.Starting;

namespace Manifold.Verification;

/// <summary>
/// What was found in layers before, by diff id, and which images passed: <c>cache/census</c> and <c>cache/gate</c> in the store.
/// </summary>
/// <remarks>
/// So a layer that several platforms, images or builds share is looked into once, and a build of what passed before costs one look-up.
/// A damaged record counts as absent; prune may take any of them. Thread-safe.
/// </remarks>
internal sealed class CensusCache(Store store)
{
    // Bumped when facts or rules change, so that old records are not believed.
    private const string Version = "5";

    private readonly SharedWork<Digest, LayerCensus> known = new();
    private readonly string censuses = Directory.CreateDirectory(store.Layout.Census.Path).FullName;
    private readonly string passes = Directory.CreateDirectory(store.Layout.Gate.Path).FullName;

    /// <summary>The census of a layer, taken where it is not known; calls for one layer share one taking.</summary>
    /// <param name="take">Its token is cancelled only after every caller of this layer was.</param>
    public Task<LayerCensus> GetOrTakeAsync(
        Digest diffId, Func<CancellationToken, Task<LayerCensus>> take, CancellationToken cancellation) =>
        known.GetAsync(diffId, async stop => Load(diffId) ?? Save(diffId, await take(stop).ConfigureAwait(false)), cancellation);

    /// <summary>Takes the census of a layer on the way, while somebody else reads its entries and nothing of their content.</summary>
    public IEnumerable<LayerEntry> Watch(Digest diffId, IEnumerable<LayerEntry> entries)
    {
        var census = new LayerCensus.Builder();
        foreach (var entry in entries)
        {
            census.Add(entry);
            yield return entry;
        }
        Save(diffId, census.Build());
    }

    /// <summary>What was noted came from a blob that turned out to be another layer's.</summary>
    public void Forget(Digest diffId)
    {
        known.Forget(layer => layer == diffId);
        File.Delete(CensusFile(diffId));
    }

    /// <summary>Keeps a census that another machine took. Idempotent: a layer has one census.</summary>
    public void Put(Digest diffId, LayerCensus census)
    {
        if (!Has(diffId))
            Save(diffId, census);
    }

    public bool Has(Digest diffId) => known.IsKnown(diffId) || File.Exists(CensusFile(diffId));

    /// <summary>Whether an image of this key passed before without a finding.</summary>
    public PassRecord? FindPass(Digest key) => Read(PassFile(key), VerificationJson.Default.PassRecord);

    public void SavePass(Digest key, PassRecord record) =>
        Store.ReplaceFile(PassFile(key), JsonSerializer.SerializeToUtf8Bytes(record, VerificationJson.Default.PassRecord));

    private LayerCensus? Load(Digest diffId) => Read(CensusFile(diffId), VerificationJson.Default.LayerCensus);

    private LayerCensus Save(Digest diffId, LayerCensus census)
    {
        Store.ReplaceFile(CensusFile(diffId), JsonSerializer.SerializeToUtf8Bytes(census, VerificationJson.Default.LayerCensus));
        return census;
    }

    private string CensusFile(Digest diffId) => Path.Combine(censuses, $"{diffId.Hex}.{Version}.json");

    private string PassFile(Digest key) => Path.Combine(passes, $"{key.Hex}.{Version}.json");

    private static T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>What is kept of an image that passed without a finding.</summary>
internal sealed record PassRecord(
    ImmutableArray<string> Command, ImmutableArray<StartFile> Start, int LayersRead, int ForeignFilesExpected);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(FileNameJson)])]
[JsonSerializable(typeof(LayerCensus))]
[JsonSerializable(typeof(PassRecord))]
internal sealed partial class VerificationJson : JsonSerializerContext;
