using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Projects;
using Manifold.Publishing;

namespace Manifold.Building;

/// <summary>The state of a component at the end of a build.</summary>
internal enum ComponentState
{
    /// <summary>Built, verified, named in the store.</summary>
    Built,

    /// <summary>It failed itself.</summary>
    Failed,

    /// <summary>It was not begun, because one that it stands on failed.</summary>
    Skipped,

    /// <summary>It was stopped or not begun, because another failed.</summary>
    Stopped,
}

/// <summary>The result of a component.</summary>
internal sealed record ComponentResult(PlannedComponent Planned, ComponentState State)
{
    public string Name => Planned.Name;

    public Component Component => Planned.Component;

    /// <summary>What was built; null where it was not.</summary>
    public BuildResult? Result { get; init; }

    /// <summary>The result with the digest that its tags name. A push in Docker's format changes the digest.</summary>
    public BuildResult? Named => Publication is { } published && Result is { } built ? built with { Index = published.Top } : Result;

    /// <summary>Platforms that may fail and did, each with the reason.</summary>
    public ImmutableArray<FailedPlatform> Missing { get; init; } = [];

    /// <summary>The platforms as they were built: planned on what the siblings have become.</summary>
    public ImmutableArray<PlannedPlatform> Platforms { get; init; } = [];

    /// <summary>What was sent before the tags.</summary>
    public Transfers Sent { get; init; } = Transfers.None;

    public Publication? Publication { get; init; }

    /// <summary>What was attached to it in its registries; null where nothing was to be.</summary>
    public AttachmentSummary? Attached { get; init; }

    /// <summary>Why it failed; null where it did not.</summary>
    public ManifoldException? Failure { get; init; }

    /// <summary>The component that it waited for in vain; null where it did not.</summary>
    public string? Needed { get; init; }

    /// <summary>Whether its work had begun.</summary>
    public bool Began { get; init; }
}

/// <summary>The results of a project.</summary>
internal sealed record ProjectResult(ImmutableArray<ComponentResult> Components)
{
    public bool IsWhole => Components.All(component => component.State == ComponentState.Built);

    public bool IsPublished => Components.Any(component => component.Publication is not null);

    /// <summary>The exception for a result that is not whole. An image without a name has its own failure.</summary>
    internal ManifoldException Problem() =>
        Components is [{ Component.Origin.Name: null, Failure: { } only }] ? only : new ProjectFailedException(this);
}

/// <summary>A project could not be finished; the message says of each component how it stands, and how to go on.</summary>
internal sealed class ProjectFailedException(ProjectResult result) : ManifoldException(Text(result))
{
    /// <summary>The most images that the message lists for each state.</summary>
    public const int MostNames = 12;

    public ProjectResult Result => result;

    public override int ExitCode =>
        result.Components.Select(component => component.Failure?.ExitCode).OfType<int>().DefaultIfEmpty(1).First();

    /// <summary>The message without the failures themselves: how the other components stand, and how to go on.</summary>
    public string Outlook => string.Join('\n', OutlookOf(result));

    private static string Text(ProjectResult result) =>
        string.Join('\n', result.Components.Where(component => component.Failure is not null)
            .Select(component => $"{component.Name}: {component.Failure!.Message}").Concat(OutlookOf(result)));

    private static List<string> OutlookOf(ProjectResult result)
    {
        var lines = new List<string>();
        Add("built", component => component.State == ComponentState.Built, component => component.Name);
        Add("not built", component => component.State is ComponentState.Skipped or ComponentState.Stopped,
            component => component.Needed is null ? component.Name : $"{component.Name} (needs {component.Needed})");
        var published = result.Components.Where(component => component.Publication is not null).Select(component => component.Name);
        lines.Add(result.IsPublished ? $"Published: {Names(published)}. The tags of the other images are unchanged."
            : "Nothing was published. All tags are unchanged.");
        lines.Add("Fix it and run the same command again. Finished work is reused.");
        return lines;

        void Add(string what, Func<ComponentResult, bool> which, Func<ComponentResult, string> name)
        {
            if (result.Components.Where(which).Select(name).ToList() is { Count: > 0 } some)
                lines.Add($"{what}: {Names(some)}");
        }
    }

    private static string Names(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(MostNames)) + (all.Count > MostNames ? $" and {all.Count - MostNames} more" : "");
    }
}
