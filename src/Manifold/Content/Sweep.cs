using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Step 5 of <see cref="Prune"/> as the rules of removal see it: what must stay, and where they hand in what goes.</summary>
/// <param name="survey">Has marked what must stay.</param>
/// <param name="fitting">The paths of the used entries that fit.</param>
internal sealed class Sweep(PruneSurvey survey, Prune.Options options, HashSet<string> fitting, CancellationToken cancellation)
{
    public Store Store => survey.Store;
    public TimeProvider Time => survey.Time;
    public Prune.Options Options => options;
    public CancellationToken Cancellation => cancellation;
    public PruneDecisions Made { get; } = new();

    /// <summary>Whether a document could not be read, so that its needs are unknown.</summary>
    public bool HasUnread => survey.HasUnread;

    /// <summary>Whether something that stays needs it.</summary>
    public bool IsMarked(Digest digest) => survey.IsMarked(digest);

    /// <summary>Whether an image with a name needs it. Told only when the store is measured.</summary>
    public bool IsNamed(Digest digest) => survey.IsNamed(digest);

    /// <summary>Whether it is among the used entries that stay.</summary>
    public bool Fits(FileSystemInfo entry) => fitting.Contains(entry.FullName);

    /// <summary>Counts an entry, and has it removed unless it is kept.</summary>
    public void Decide(UsageKind kind, bool keep, FileSystemInfo entry, Action delete) =>
        survey.Tried(entry.FullName, () =>
        {
            var size = survey.SizeOfTree(entry);
            Made[kind].Add(keep, size);
            if (!keep)
            {
                Made.Removals.Add(new Removal(entry.FullName, delete, () => Made[kind].TakeBack(size))
                {
                    IsOfLayer = kind == UsageKind.Unpacked,
                });
            }
        });

    /// <summary>Has something removed that is not worth counting.</summary>
    public void Remove(string path, Action delete) => Made.Removals.Add(new Removal(path, delete));

    /// <summary>Moves a folder away before it deletes it, so that a half-deleted folder is never used.</summary>
    public void Delete(FileSystemInfo entry)
    {
        if (entry is FileInfo)
            entry.Delete();
        else if (entry.Exists)
            FileTree.DeleteThrough(entry.FullName, Store.WorkFolder);
    }
}
