using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>What will be built: for each platform the step that the image ends with, and the config that it will have.</summary>
/// <remarks>The steps form one graph: what is the same for two platforms is the same step.</remarks>
internal sealed record BuildPlan
{
    /// <summary>The Dockerfile's path as the user named it.</summary>
    public required string Dockerfile { get; init; }

    public required ImmutableArray<ImagePlan> Images { get; init; }

    /// <summary>The seconds since 1970 that files and documents are stamped with.</summary>
    public required long FileTime { get; init; }

    /// <summary>The rules of which something was told before any work. The gate does not tell it again.</summary>
    public ImmutableHashSet<string> Told { get; init; } = [];

    /// <summary>Every step once, each after those that it needs.</summary>
    public IEnumerable<Step> Steps
    {
        get
        {
            var seen = new HashSet<Digest>();
            return [.. Images.SelectMany(image => Reach(image.Last, seen))];
        }
    }

    /// <summary>The images that the steps stand on, each platform once.</summary>
    public IEnumerable<BaseImage> Bases =>
        Steps.OfType<BaseStep>().Select(step => step.Image).OfType<BaseImage>().DistinctBy(image => (image.Reference, image.Platform));

    /// <summary>A step and all that it needs, the parent's first. Without recursion: a stage may have thousands of steps.</summary>
    internal static IEnumerable<Step> Reach(Step? step, HashSet<Digest> seen)
    {
        var open = new Stack<(Step? Step, bool IsReady)>([(step, false)]);
        while (open.TryPop(out var next))
        {
            if (next.Step is not { } each || seen.Contains(each.Digest))
                continue;
            if (next.IsReady)
            {
                seen.Add(each.Digest);
                yield return each;
                continue;
            }
            open.Push((each, true));
            foreach (var source in each.ReadsFrom.Reverse())
                open.Push((source, false));
            open.Push((each.Parent, false));
        }
    }
}

/// <summary>One platform's image.</summary>
internal sealed record ImagePlan
{
    public required Platform Platform { get; init; }

    /// <summary>The step whose result is the image's file system.</summary>
    public required Step Last { get; init; }

    /// <summary>Every step that this image needs, each after those that it needs itself.</summary>
    public IEnumerable<Step> Steps => BuildPlan.Reach(Last, []);

    /// <summary>The config without layers; history entries that name a step get a layer if it makes one.</summary>
    public required ImageConfig Config { get; init; }

    /// <summary>What the target's instructions add to the history, in order.</summary>
    public required ImmutableArray<PlannedHistory> History { get; init; }
}

/// <summary>A history entry, and the step whose layer it will stand for; null for metadata.</summary>
internal sealed record PlannedHistory(string CreatedBy, Step? Step);
