using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Solving.Keeping;

/// <summary>What a step made the last time: its layer by diff id (none where it changed nothing), and what that cost.</summary>
internal sealed record StepRecord
{
    public Digest? DiffId { get; init; }
    public double Seconds { get; init; }
    public bool Emulated { get; init; }

    /// <summary>A second key, by the content that the step's mounts show; null where the first one says all.</summary>
    public Digest? ContentKey { get; init; }
}

/// <summary>A layer's blob in one form.</summary>
internal sealed record BlobRecord(Descriptor Descriptor)
{
    /// <summary>The repository that got the blob from another machine; null for a blob that was made or fetched here.</summary>
    public string? Repository { get; init; }
}

/// <summary>Results by content key: small files under <c>cache/</c>, renamed into place, each its own truth.</summary>
/// <remarks>
/// <code>
/// cache/steps/KEY.json              a step's key        → StepRecord
/// cache/blobs/DIFFID.gzip.json      a diff id           → BlobRecord; FORM is another form's name, as in DIFFID.zstd-19.json
/// cache/blobs/DIFFID.any.json       a diff id           → the last BlobRecord of a form that nobody takes by default
/// </code>
/// A record is a claim, not a promise: what it names may have been pruned, so users check before they rely on it.
/// A damaged record counts as absent. Reading one also marks its use, for prune.
/// </remarks>
internal sealed class StepCache(Store store, TimeProvider time)
{
    private const string AnyForm = "any";

    private readonly string steps = Directory.CreateDirectory(store.Layout.Steps.Path).FullName;
    private readonly string blobs = Directory.CreateDirectory(store.Layout.LayerBlobs.Path).FullName;

    /// <summary>What caches of other builds offer; a record of theirs that is used becomes one of this store.</summary>
    public ImportedCache Imported { get; } = new();

    public StepRecord? FindStep(Digest key)
    {
        if (Read(StepPath(key), StepCacheJson.Default.StepRecord) is { } own)
            return own;
        if (Imported.FindStep(key) is not { } other)
            return null;
        SaveStep(key, other);
        return other;
    }

    public void SaveStep(Digest key, StepRecord record) =>
        Store.ReplaceFile(StepPath(key), JsonSerializer.SerializeToUtf8Bytes(record, StepCacheJson.Default.StepRecord));

    /// <summary>The blob of a layer in that form, if it was made before and is still in the store.</summary>
    public Descriptor? FindBlob(Digest diffId, LayerForm form) => FindBlob(diffId, form.Name);

    /// <summary>The same in whichever form.</summary>
    public Descriptor? FindBlob(Digest diffId) => FindBlob(diffId, LayerForm.Default.Name) ?? FindBlob(diffId, AnyForm);

    /// <summary>The records of a layer's blobs turned out to be wrong.</summary>
    public void ForgetBlobs(Digest diffId)
    {
        foreach (var record in Directory.EnumerateFiles(blobs, $"{diffId.Hex}.*"))
            File.Delete(record);
    }

    /// <summary>A layer's blob that another machine pushed to a repository; null if there is none, or if the blob is here.</summary>
    public RemoteBlob? FindPushed(Digest diffId, LayerForm? form = null) =>
        (form is null ? ReadBlob(diffId, LayerForm.Default.Name) ?? ReadBlob(diffId, AnyForm) : ReadBlob(diffId, form.Name)) is
        { Repository: { } name } record && ImageReference.TryParse(name, out var repository)
            ? new RemoteBlob(record.Descriptor, repository)
            : null;

    /// <param name="repository">The repository that has the blob, if it never came here.</param>
    public void SaveBlob(Digest diffId, LayerForm form, Descriptor descriptor, ImageReference? repository = null)
    {
        var record = JsonSerializer.SerializeToUtf8Bytes(
            new BlobRecord(descriptor) { Repository = repository?.Name }, StepCacheJson.Default.BlobRecord);
        Store.ReplaceFile(BlobPath(diffId, form.Name), record);
        if (form != LayerForm.Default)
            Store.ReplaceFile(BlobPath(diffId, AnyForm), record);
    }

    private Descriptor? FindBlob(Digest diffId, string form) =>
        ReadBlob(diffId, form)?.Descriptor is { } blob && store.SizeOf(blob.Digest) == blob.Size ? blob : null;

    private BlobRecord? ReadBlob(Digest diffId, string form) => Read(BlobPath(diffId, form), StepCacheJson.Default.BlobRecord);

    private string StepPath(Digest key) => Path.Combine(steps, key.Hex + ".json");

    private string BlobPath(Digest diffId, string form) => Path.Combine(blobs, $"{diffId.Hex}.{form}.json");

    private T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
            File.SetLastAccessTimeUtc(path, time.GetUtcNow().UtcDateTime);
            return record;
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StepRecord))]
[JsonSerializable(typeof(BlobRecord))]
internal sealed partial class StepCacheJson : JsonSerializerContext;
