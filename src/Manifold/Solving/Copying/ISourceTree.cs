using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Solving.Copying;

/// <summary>
/// Files that COPY and ADD read: the context, or the merged layers of a stage or image. Paths are relative, <c>/</c>-separated.
/// </summary>
internal interface ISourceTree
{
    /// <summary>
    /// What is at a path, its links followed within the tree; null where there is nothing. The entry's path is where it really is.
    /// </summary>
    LayerEntry? Find(string path);

    /// <summary>The names in a folder, in ordinal order; what <see cref="Find"/> does not find may be among them.</summary>
    IEnumerable<string> Names(string folder);

    /// <summary>
    /// Whether rules may keep from <see cref="Find"/> what <see cref="Names"/> names; otherwise such a name is a link that leads nowhere.
    /// </summary>
    bool Hides { get; }

    /// <summary>Everything below a folder, parents first, in the order of <see cref="EntryPath.Order"/>; links are not followed.</summary>
    IEnumerable<LayerEntry> Below(string folder);

    /// <summary>The digest of a file that this tree gave out. Thread-safe; may remember it.</summary>
    Digest DigestOf(LayerEntry file);

    /// <summary>
    /// Where on this machine exactly these files lie, with nothing else among them and all of them root's; null where they lie nowhere so.
    /// </summary>
    string? PathAsItIs(SelectedSource files) => null;

    /// <summary>Why a source is not there, for people: where it was looked for, and what may have hidden it.</summary>
    string DescribeMissing(string source);
}
