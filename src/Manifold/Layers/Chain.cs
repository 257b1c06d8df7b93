using System.Collections.Immutable;

namespace Manifold.Layers;

/// <summary>Layers stacked, seen as one file tree: what a container would see, without mounting anything.</summary>
/// <remarks>
/// Works the same over tables of contents and over unpacked layers; entries of the latter have content. For one path:
/// <code>
/// 1  the layers that still count: at the root all of them, down to the first whose root is opaque
/// 2  each component, topmost layer first:
///      nothing        the layer below is asked
///      folder         counts; below an opaque one no lower layer counts
///      anything else  is the answer if no folder was above it; no lower layer counts
/// 3  a folder's attributes are those of the topmost layer that has an entry for it; where all only imply it, 0755 root
/// </code>
/// Thread-safe as far as the layers are.
/// </remarks>
/// <param name="layers">Lowest first.</param>
internal sealed class Chain(IReadOnlyList<ILayerContents> layers)
{
    /// <summary>Where something was found: the entry, and the index of the layer that it comes from.</summary>
    public readonly record struct Found(LayerEntry Entry, int Layer);

    /// <summary>Where a path leads: a path without links, and what is there, if anything.</summary>
    public readonly record struct Resolved(string Path, LayerEntry? Entry)
    {
        public bool Exists => Entry is not null;
    }

    private readonly record struct Place(Found? Winner, ImmutableArray<int> Counting);

    /// <summary>A place on a path, and the one that it lies in.</summary>
    private sealed record Step(string Path, Place Place, Step? Above);

    // Where the last look-up ended: the next is mostly near it. Replaced whole, so that readers at once see one or the other.
    private volatile Step? last;

    /// <summary>What is at a path (no link is followed, neither in the parents), or null.</summary>
    public LayerEntry? Find(string path) => Locate(path)?.Entry;

    /// <inheritdoc cref="Find"/>
    public Found? Locate(string path) => At(path).Winner;

    /// <summary>The entries directly in a folder, in <see cref="EntryPath.Order"/>; none where there is no such folder.</summary>
    public IEnumerable<LayerEntry> Children(string folder) =>
        Merged(At(folder).Counting, folder).Select(place => place.Winner!.Value.Entry);

    /// <summary>Everything below a folder, parents first, in <see cref="EntryPath.Order"/>; the folder itself is not among it.</summary>
    public IEnumerable<LayerEntry> Subtree(string folder) => LocateBelow(folder).Select(found => found.Entry);

    /// <inheritdoc cref="Subtree"/>
    public IEnumerable<Found> LocateBelow(string folder) => Below(At(folder).Counting, folder);

    /// <summary>
    /// Follows the links of a path as the kernel does in a container: absolute ones from the chain's root, <c>..</c> never above it.
    /// </summary>
    /// <param name="path">Relative to the root or absolute; may hold <c>.</c> and <c>..</c>.</param>
    /// <param name="followLast">Whether a link at the very end is followed too.</param>
    /// <returns>What does not exist resolves to the path where it would be made.</returns>
    /// <exception cref="LayerException">Too many links, or something on the way is no folder.</exception>
    public Resolved Resolve(string path, bool followLast = true)
    {
        var rest = new Stack<string>(path.Split('/').Reverse());
        var current = new Resolved("", Find(""));
        for (var links = 0; rest.TryPop(out var name);)
        {
            if (name is "" or ".")
                continue;
            if (current.Entry is { Kind: not EntryKind.Folder })
                throw new LayerException($"'{path}' goes through '{current.Path}', which is not a folder.");
            if (name == "..")
            {
                current = new Resolved(EntryPath.Parent(current.Path), Find(EntryPath.Parent(current.Path)));
                continue;
            }
            var next = EntryPath.Join(current.Path, name);
            var entry = Find(next);
            if (entry?.Kind != EntryKind.SymbolicLink || (!followLast && rest.All(part => part.Length == 0)))
            {
                current = new Resolved(next, entry);
                continue;
            }
            if (++links > Limits.SymbolicLinks)
                throw new LayerException($"'{path}' goes through more than {Limits.SymbolicLinks} symbolic links. "
                    + $"The last one is '{next}'.");
            foreach (var part in entry.LinkTarget!.Split('/').Reverse())
                rest.Push(part);
            if (entry.LinkTarget.StartsWith('/'))
                current = new Resolved("", Find(""));
        }
        return current;
    }

    // 1
    private Place Root() => At([.. Enumerable.Range(0, layers.Count).Reverse()], "") is { Winner: not null } place ? place
        : new Place(new Found(LayerEntry.ImpliedFolder(""), -1), []);

    private Place At(string path)
    {
        var step = last;
        while (step is not null && step.Path.Length > 0 && step.Path != path && !EntryPath.IsBelow(path, step.Path))
            step = step.Above;
        step ??= new Step("", Root(), null);
        for (var end = step.Path.Length; end < path.Length;)
        {
            end = path.IndexOf('/', end + 1) is var slash and > 0 ? slash : path.Length;
            var at = path[..end];
            step = new Step(at, At(step.Place.Counting, at), step);
        }
        last = step;
        return step.Place;
    }

    // 2
    private Place At(ImmutableArray<int> counting, string path)
    {
        var merging = new Merging();
        foreach (var layer in counting)
            if (layers[layer].Find(path) is { } entry && !merging.Add(entry, layer))
                break;
        return merging.Place;
    }

    private IEnumerable<Place> Merged(ImmutableArray<int> counting, string folder)
    {
        if (counting is [var only])
            return layers[only].Children(folder).Select(entry => new Merging().With(entry, only)).Where(place => place.Winner is not null);
        var children = new Dictionary<string, Merging>(StringComparer.Ordinal);
        foreach (var layer in counting)
            foreach (var entry in layers[layer].Children(folder))
            {
                if (!children.TryGetValue(entry.Path, out var merging))
                    children[entry.Path] = merging = new Merging();
                merging.Add(entry, layer);
            }
        return children.OrderBy(pair => pair.Key, EntryPath.Order).Select(pair => pair.Value.Place)
            .Where(place => place.Winner is not null);
    }

    private IEnumerable<Found> Below(ImmutableArray<int> counting, string folder)
    {
        // Without recursion: each entry of a deep folder would come up through all that it lies in.
        var folders = new Stack<IEnumerator<Place>>([Merged(counting, folder).GetEnumerator()]);
        while (folders.TryPeek(out var at))
        {
            if (!at.MoveNext())
            {
                folders.Pop().Dispose();
                continue;
            }
            var winner = at.Current.Winner!.Value;
            yield return winner;
            if (winner.Entry.Kind == EntryKind.Folder)
                folders.Push(Merged(at.Current.Counting, winner.Entry.Path).GetEnumerator());
        }
    }

    /// <summary>What the layers say of one path, topmost first.</summary>
    private sealed class Merging
    {
        private readonly ImmutableArray<int>.Builder counting = ImmutableArray.CreateBuilder<int>(1);
        private Found? winner;
        private bool closed;

        internal Place Place => new(winner, counting.ToImmutable());

        internal Place With(LayerEntry entry, int layer)
        {
            Add(entry, layer);
            return Place;
        }

        /// <summary>False where no lower layer counts.</summary>
        internal bool Add(LayerEntry entry, int layer)
        {
            if (closed)
                return false;
            if (entry.Kind == EntryKind.Folder)
            {
                counting.Add(layer);
                // 3
                if (winner is null || (winner.Value.Entry.Implied && !entry.Implied))
                    winner = new Found(entry, layer);
                closed = entry.Opaque;
                return !closed;
            }
            if (entry.Kind != EntryKind.Whiteout)
                winner ??= new Found(entry, layer);
            closed = true;
            return false;
        }
    }
}
