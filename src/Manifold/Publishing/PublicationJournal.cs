using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Publishing;

/// <summary>What a publication was about to write when it wrote it: each tag's target before and after.</summary>
internal sealed record JournalEntry
{
    public int Version { get; init; } = 1;
    public required DateTimeOffset Time { get; init; }
    public required ImmutableArray<JournalTag> Tags { get; init; }
}

/// <param name="Before">Null where the tag did not exist.</param>
internal sealed record JournalTag(string Tag, Descriptor? Before, Descriptor After)
{
    [JsonIgnore] public ImageReference Reference => ImageReference.Parse(Tag);
}

/// <summary>The records of publications that are in their last step: <c>publications/ID.json</c> in the store.</summary>
/// <remarks>
/// A record is there from before the first tag is written until the last one is, and only under the lock
/// (<see cref="Store.LockPublicationsAsync"/>): so whoever holds the lock and finds one knows that its publication was killed.
/// All content is in the registries before a record is made.
/// </remarks>
internal sealed class PublicationJournal(Store store)
{
    private const int Known = 1;

    private string Folder => store.Layout.Publications.Path;

    /// <summary>Returns the record's path, which <see cref="Remove"/> takes.</summary>
    public string Write(JournalEntry entry)
    {
        var path = Path.Combine(Folder, $"{entry.Time.ToUnixTimeMilliseconds():D15}-{Guid.NewGuid():N}.json");
        store.Guarded(() => Store.ReplaceFile(path, JsonSerializer.SerializeToUtf8Bytes(entry, JournalJson.Default.JournalEntry)));
        return path;
    }

    public void Remove(string path) => store.Guarded(() => File.Delete(path));

    /// <summary>Oldest first. What another version wrote, or nobody can read, is left alone.</summary>
    public IEnumerable<(string Path, JournalEntry Entry)> Abandoned()
    {
        if (!Directory.Exists(Folder))
            yield break;
        foreach (var path in Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal))
        {
            if (Read(path) is { Version: Known } entry)
                yield return (path, entry);
        }
    }

    private static JournalEntry? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalJson.Default.JournalEntry);
        }
        catch (Exception e) when (e is JsonException or IOException or FormatException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class JournalJson : JsonSerializerContext;
