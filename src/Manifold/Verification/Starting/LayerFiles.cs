using Manifold.Layers;
using Manifold.Verification.Binaries;

namespace Manifold.Verification.Starting;

/// <summary>One layer as the gate sees it: its paths, and the facts of a file when somebody asks for them.</summary>
/// <param name="Look">The facts of a file of this layer by its path; null where there are none. Thread-safe.</param>
internal sealed record LayerFiles(TableOfContents Contents, Func<string, FileFacts?> Look)
{
    /// <summary>The facts of an entry; a hard link has those of the file that it names once more.</summary>
    internal FileFacts? FactsOf(LayerEntry entry)
    {
        for (var links = 0; entry.Kind == EntryKind.HardLink && links < Limits.SymbolicLinks; links++)
        {
            if (Contents.Find(entry.LinkTarget!) is not { } target)
                return null;
            entry = target;
        }
        return entry.Kind == EntryKind.File ? Look(entry.Path) : null;
    }
}
