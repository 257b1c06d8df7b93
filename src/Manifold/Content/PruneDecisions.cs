namespace Manifold.Content;

/// <summary>The decisions about everything in the store, by kind.</summary>
internal sealed class PruneDecisions
{
    private readonly Dictionary<UsageKind, Tally> tallies = Enum.GetValues<UsageKind>().ToDictionary(kind => kind, _ => new Tally());

    public Tally this[UsageKind kind] => tallies[kind];

    /// <summary>In the order in which they are carried out.</summary>
    public List<Removal> Removals { get; } = [];

    public long Freed => tallies.Values.Sum(tally => tally.Freed);

    /// <summary>Without the records of builds: they are bounded by their number, whatever room they take.</summary>
    public long Kept => tallies.Where(each => each.Key != UsageKind.Builds).Sum(each => each.Value.Kept);
}

/// <summary>Something to remove.</summary>
/// <param name="OnFault">Corrects the figures if it cannot be removed.</param>
internal sealed record Removal(string Path, Action Delete, Action? OnFault = null)
{
    public bool IsOfLayer { get; init; }
}

/// <summary>What stays and what goes of one kind.</summary>
internal sealed class Tally
{
    public long Freed { get; private set; }
    public long Kept { get; private set; }
    public int Removed { get; private set; }
    public int Count { get; private set; }

    public void Add(bool keep, long size)
    {
        Count++;
        if (keep)
        {
            Kept += size;
            return;
        }
        Freed += size;
        Removed++;
    }

    /// <summary>What was to be removed stays.</summary>
    public void Keep(long size)
    {
        Freed -= size;
        Removed--;
        Kept += size;
    }

    /// <summary>Undoes <see cref="Add"/> for what could not be removed.</summary>
    public void TakeBack(long size)
    {
        Count--;
        Freed -= size;
        Removed--;
    }
}
