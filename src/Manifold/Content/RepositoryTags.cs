using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>The store's names of one repository of one registry, in the order of their tags. Immutable.</summary>
internal sealed class RepositoryTags
{
    /// <summary>The maximum number of earlier states to keep, for readers that continue from one of them.</summary>
    private const int Remembered = 32;

    private readonly ImmutableSortedSet<TagEntry> entries;
    private readonly int steps;

    internal RepositoryTags(string registry, ImmutableSortedSet<TagEntry> entries) => (Registry, this.entries) = (registry, entries);

    private RepositoryTags(RepositoryTags before, ImmutableSortedSet<TagEntry> entries, NamedImage? added, NamedImage? removed)
    {
        (Registry, this.entries) = (before.Registry, entries);
        steps = before.steps < Remembered ? before.steps + 1 : 0;
        LastChange = steps > 0 ? new Change(before, added, removed) : null;
    }

    /// <summary>One name that was set or removed.</summary>
    /// <param name="Before">The state that it changed.</param>
    public sealed record Change(RepositoryTags Before, NamedImage? Added, NamedImage? Removed);

    /// <summary>The step that led to this state, where it is remembered.</summary>
    public Change? LastChange { get; }

    /// <summary>Host and port of the names.</summary>
    public string Registry { get; }

    public bool IsEmpty => entries.IsEmpty;

    /// <summary>Every name, by tag.</summary>
    public IEnumerable<NamedImage> Images => entries.Select(entry => entry.Image!);

    /// <summary>The names with this tag: the tag itself, then those that add a digest to it.</summary>
    /// <remarks>Costs the same whatever the number of tags.</remarks>
    public IEnumerable<NamedImage> WithTag(string tag) =>
        From(IndexOf(TagEntry.KeyOf(tag))).TakeWhile(image => image.Reference!.Tag == tag);

    /// <summary>The tags that come after <paramref name="last"/> in ordinal order; all for null. What is not taken costs nothing.</summary>
    public IEnumerable<string> TagsAfter(string? last)
    {
        // A name without a tag sorts before every tag.
        var first = IndexOf(last is null ? "\x1" : last + "\x1");
        string? before = null;
        foreach (var tag in From(first).Select(image => image.Reference!.Tag).OfType<string>())
        {
            if (tag != before && string.CompareOrdinal(tag, last) > 0)
                yield return before = tag;
        }
    }

    internal TagEntry? Find(ImageReference reference) =>
        entries.TryGetValue(TagEntry.Probe(TagEntry.KeyOf(reference.Tag, reference.Digest)), out var entry) ? entry : null;

    internal RepositoryTags With(TagEntry entry) =>
        entries.TryGetValue(entry, out var former) ? new(this, entries.Remove(former).Add(entry), entry.Image, former.Image)
            : new(this, entries.Add(entry), entry.Image, null);

    internal RepositoryTags Without(TagEntry entry) => new(this, entries.Remove(entry), null, entry.Image);

    private int IndexOf(string key)
    {
        var index = entries.IndexOf(TagEntry.Probe(key));
        return index < 0 ? ~index : index;
    }

    private IEnumerable<NamedImage> From(int index)
    {
        for (; index < entries.Count; index++)
            yield return entries[index].Image!;
    }
}
