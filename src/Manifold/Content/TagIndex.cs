using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>The names of the store's images at one moment, with lookup by name. Immutable: readers share it.</summary>
/// <remarks>A change costs a copy of one reference per entry and a few nodes of trees. Entries keep their order and their bytes.</remarks>
internal sealed class TagIndex
{
    private readonly TagIndexFrame frame;
    private readonly ImmutableArray<TagEntry?> slots; // null where an entry was removed
    private readonly int count;
    private readonly Lazy<Lookup> lookup;

    internal TagIndex(TagIndexFrame frame, ImmutableArray<TagEntry?> slots, Lookup? known = null)
    {
        (this.frame, this.slots) = (frame, slots);
        count = known?.Count ?? slots.Length;
        lookup = known is null ? new Lazy<Lookup>(() => Lookup.Of(slots)) : new Lazy<Lookup>(known);
    }

    /// <summary>Every image that has a name, in the order of the file.</summary>
    public IEnumerable<NamedImage> Images => Entries.Select(entry => entry.Image).OfType<NamedImage>();

    /// <summary>The paths of all repositories, in no order.</summary>
    public IEnumerable<string> Repositories => lookup.Value.ByPath.Keys;

    internal IEnumerable<TagEntry> Entries => slots.OfType<TagEntry>();

    /// <summary>The names that have this path, one entry for each registry that occurs in them.</summary>
    public ImmutableArray<RepositoryTags> Of(string repository) => lookup.Value.ByPath.GetValueOrDefault(repository, []);

    /// <inheritdoc cref="Tags.Find"/>
    public Descriptor? Find(ImageReference reference)
    {
        var tags = Of(reference.Repository).FirstOrDefault(tags => tags.Registry == reference.Registry);
        return reference.Digest is { } digest ? tags?.Images.FirstOrDefault(image => image.Target.Digest == digest)?.Target
            : tags?.Find(reference)?.Image!.Target;
    }

    /// <summary>Sets names. Costs one copy for all of them.</summary>
    internal TagIndex With(IReadOnlyList<(ImageReference Reference, TagEntry Entry)> names)
    {
        if (lookup.Value.HasDuplicates)
            return WithoutDuplicates(names);
        var changed = slots.ToBuilder();
        var places = lookup.Value;
        foreach (var (reference, entry) in names)
        {
            if (places.Find(reference) is not { } place)
            {
                places = places.With(reference, entry, changed.Count, isNew: true);
                changed.Add(entry);
            }
            else if (!changed[place]!.Json.Span.SequenceEqual(entry.Json.Span))
            {
                places = places.With(reference, entry, place, isNew: false);
                changed[place] = entry;
            }
        }
        return ReferenceEquals(places, lookup.Value) ? this : new(frame, changed.ToImmutable(), places);
    }

    private TagIndex WithoutDuplicates(IReadOnlyList<(ImageReference Reference, TagEntry Entry)> names)
    {
        var entries = Entries.ToList();
        foreach (var (reference, entry) in names)
        {
            var first = entries.FindIndex(each => each.Means(reference));
            if (first < 0)
                entries.Add(entry);
            else
                entries[first] = entry;
            entries.RemoveAll(each => each != entry && each.Means(reference));
        }
        return Rebuilt(entries);
    }

    /// <summary>Takes names away. Costs one copy for all of them. The same index where it has none of them.</summary>
    internal TagIndex Without(IReadOnlyCollection<ImageReference> references)
    {
        var places = lookup.Value;
        var names = references.Where(reference => places.Find(reference) is not null).ToHashSet();
        if (names.Count == 0)
            return this;
        if (places.HasDuplicates || count - names.Count < slots.Length / 2)
            return Rebuilt(slots.Where(each => each?.Image?.Reference is not { } name || !names.Contains(name)));
        var changed = slots.ToBuilder();
        foreach (var name in names)
        {
            var place = places.Find(name)!.Value;
            places = places.Without(name, changed[place]!);
            changed[place] = null;
        }
        return new(frame, changed.ToImmutable(), places);
    }

    internal TagIndex Adding(IEnumerable<TagEntry> entries) => Rebuilt(slots.Concat(entries));

    /// <summary>The file's bytes, piece by piece.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        yield return frame.Head;
        var isFirst = true;
        foreach (var entry in Entries)
        {
            if (!isFirst)
                yield return TagIndexFrame.Comma;
            isFirst = false;
            yield return entry.Json;
        }
        yield return frame.Tail;
    }

    private TagIndex Rebuilt(IEnumerable<TagEntry?> entries) => new(frame, [.. entries.Where(entry => entry is not null)]);

    /// <summary>The names: by path, then by registry, then by tag.</summary>
    internal sealed record Lookup
    {
        public required ImmutableDictionary<string, ImmutableArray<RepositoryTags>> ByPath { get; init; }
        public required ImmutableDictionary<ImageReference, int> Places { get; init; }
        public required int Count { get; init; }

        /// <summary>Another tool gave one name to several entries; the first counts.</summary>
        public required bool HasDuplicates { get; init; }

        public int? Find(ImageReference reference) => Places.TryGetValue(reference, out var place) ? place : null;

        public static Lookup Of(ImmutableArray<TagEntry?> slots)
        {
            var places = ImmutableDictionary.CreateBuilder<ImageReference, int>();
            var hasDuplicates = false;
            for (var i = 0; i < slots.Length; i++)
                hasDuplicates |= slots[i]?.Image?.Reference is { } reference && !places.TryAdd(reference, i);
            var byPath = from place in places
                         group slots[place.Value]! by place.Key.Repository into path
                         select KeyValuePair.Create(path.Key, ByRegistry(path));
            return new()
            {
                ByPath = byPath.ToImmutableDictionary(),
                Places = places.ToImmutable(),
                Count = slots.Length,
                HasDuplicates = hasDuplicates,
            };
        }

        public Lookup With(ImageReference reference, TagEntry entry, int place, bool isNew)
        {
            var registries = ByPath.GetValueOrDefault(reference.Repository, []);
            var tags = registries.FirstOrDefault(tags => tags.Registry == reference.Registry);
            return this with
            {
                ByPath = ByPath.SetItem(reference.Repository, tags is not null ? registries.Replace(tags, tags.With(entry))
                    : registries.Add(new RepositoryTags(reference.Registry, ImmutableSortedSet.Create(TagEntry.Order, entry)))),
                Places = Places.SetItem(reference, place),
                Count = isNew ? Count + 1 : Count,
            };
        }

        public Lookup Without(ImageReference reference, TagEntry entry)
        {
            var registries = ByPath[reference.Repository];
            var tags = registries.First(tags => tags.Registry == reference.Registry);
            var rest = tags.Without(entry) is { IsEmpty: false } others ? registries.Replace(tags, others) : registries.Remove(tags);
            return this with
            {
                ByPath = rest.IsEmpty ? ByPath.Remove(reference.Repository) : ByPath.SetItem(reference.Repository, rest),
                Places = Places.Remove(reference),
                Count = Count - 1,
            };
        }

        private static ImmutableArray<RepositoryTags> ByRegistry(IEnumerable<TagEntry> path) =>
        [
            .. path.GroupBy(entry => entry.Image!.Reference!.Registry)
                .Select(registry => new RepositoryTags(registry.Key, ImmutableSortedSet.CreateRange(TagEntry.Order, registry))),
        ];
    }
}
