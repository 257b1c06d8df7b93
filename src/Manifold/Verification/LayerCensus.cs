using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Manifold.Layers;
using Manifold.Verification.Binaries;

namespace Manifold.Verification;

/// <summary>
/// The facts of all files of a layer that have any, by path.
/// Taken in one pass over the layer, forward; a few kilobytes for a whole distribution.
/// </summary>
internal sealed record LayerCensus
{
    public required ImmutableSortedDictionary<string, FileFacts> Files { get; init; }

    [JsonIgnore]
    public static LayerCensus Empty { get; } =
        new() { Files = ImmutableSortedDictionary.Create<string, FileFacts>(StringComparer.Ordinal) };

    /// <summary>Reads the headers of all entries. A tar's entry is left behind where its header was read.</summary>
    public static LayerCensus Of(IEnumerable<LayerEntry> entries)
    {
        var census = new Builder();
        foreach (var entry in entries)
            census.Add(entry);
        return census.Build();
    }

    /// <summary>Takes entries in the order in which they are applied: a later one of the same path replaces the earlier.</summary>
    public sealed class Builder
    {
        private readonly Dictionary<string, FileFacts> files = new(StringComparer.Ordinal);

        public void Add(LayerEntry entry)
        {
            files.Remove(entry.Path);
            if (Read(entry) is { } facts)
                files[entry.Path] = facts;
        }

        public LayerCensus Build() => new() { Files = files.ToImmutableSortedDictionary(StringComparer.Ordinal) };
    }

    private static FileFacts? Read(LayerEntry entry)
    {
        const long shortest = 4; // no header is shorter
        if (entry is not { Kind: EntryKind.File, Size: >= shortest, Open: { } open })
            return null;
        using var content = open();
        return FileFacts.Read(entry.Path, content);
    }
}
