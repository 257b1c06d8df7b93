namespace Manifold.Content;

/// <summary>What a prune removes from a folder of the store, and what counts as used there. <c>du</c> shows what it decides.</summary>
/// <remarks>Has no state: one survey decides twice, and one rule serves several folders.</remarks>
internal abstract class RemovalRule
{
    /// <summary>Whether a prune removes content of the folder at all.</summary>
    public virtual bool Removes => true;

    /// <summary>What stays as long as there is room, the latest used first: step 4 of <see cref="Prune"/>.</summary>
    public virtual IEnumerable<UsedEntry> Used(StoreFolder folder) => [];

    /// <summary>Hands in each entry of the folder, kept or removed: step 5 of <see cref="Prune"/>. Removes nothing itself.</summary>
    public abstract void Decide(StoreFolder folder, Sweep sweep);
}

/// <summary>An entry that was used at a time.</summary>
/// <param name="NamesContent">Whether it is a file whose text names content, which stays with it.</param>
internal sealed record UsedEntry(FileSystemInfo Entry, DateTime LastUse, bool NamesContent);

/// <summary>Prune leaves the folder alone: who put something there removes it, or the next process does.</summary>
internal sealed class RemovedByOwner : RemovalRule
{
    public override bool Removes => false;

    public override void Decide(StoreFolder folder, Sweep sweep)
    {
    }
}
