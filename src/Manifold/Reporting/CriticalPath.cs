using System.Collections.Immutable;
using Manifold.Building.Recording;

namespace Manifold.Reporting;

/// <summary>
/// The chain of steps and hooks that determines how long a build takes.
/// Speeding up anything else does not shorten the build.
/// </summary>
/// <remarks>
/// <code>
/// the step that ended last; in a failed build, the failed step
///   1  the needed step that ended last        if this step began as soon as that one ended
///   2  else the step that ended just before   this one waited for a sibling, or for a free processor
/// </code>
/// Exact if steps begin as soon as they can; otherwise the most likely chain.
/// </remarks>
internal static class CriticalPath
{
    /// <summary>The kind of a step that stands for a hook.</summary>
    public const string HookKind = "hook";

    // A step that begins this soon after another ended was waiting for it.
    private const double AtOnce = 0.05;

    /// <summary>The path in order of time. Hooks are steps of <see cref="HookKind"/>.</summary>
    public static ImmutableArray<RecordedStep> Of(BuildRecord record) => Of(WithHooks(record));

    /// <inheritdoc cref="Of(BuildRecord)"/>
    public static ImmutableArray<RecordedStep> Of(ImmutableArray<RecordedStep> steps)
    {
        var worked = steps.Where(step => step is { Begin: not null, End: not null, State: not StepState.Cached })
            .OrderBy(step => step.End).ToList();
        var byNumber = steps.ToDictionary(step => step.Number);
        var path = new Stack<RecordedStep>();
        var last = worked.FindLast(step => step.State == StepState.Failed) ?? worked.LastOrDefault();
        for (var step = last; step is not null && !path.Contains(step); step = Before(step, worked, byNumber))
            path.Push(step);
        return [.. path];
    }

    /// <summary>A record's steps and, before them, its hooks: each component's steps need its hooks, and its hooks run in turn.</summary>
    public static ImmutableArray<RecordedStep> WithHooks(BuildRecord record)
    {
        var hooks = record.Hooks.OrderBy(hook => hook.Begin).Select((hook, i) => StepOf(record, hook, -1 - i)).ToList();
        if (hooks.Count == 0)
            return record.Steps;
        var byComponent = hooks.ToLookup(hook => hook.Component);
        return [.. hooks.Concat(record.Steps).Select(step => step with { Needs = [.. step.Needs, .. HooksBefore(step)] })];

        IEnumerable<int> HooksBefore(RecordedStep step) => byComponent[step.Component]
            .Where(hook => hook.Number != step.Number && hook.End <= step.Begin + AtOnce && hook.Begin < step.Begin)
            .TakeLast(1).Select(hook => hook.Number);
    }

    private static RecordedStep StepOf(BuildRecord record, RecordedPhase hook, int number) => new()
    {
        Number = number,
        Component = hook.Component,
        Name = hook.Name,
        Stage = "",
        Platform = record.Machine,
        For = [record.Machine],
        Kind = HookKind,
        State = StateOf(record, hook),
        Begin = hook.Begin,
        End = hook.End,
        Seconds = hook.Elapsed,
    };

    /// <summary>An image that failed before its first step failed in its last hook.</summary>
    private static StepState StateOf(BuildRecord record, RecordedPhase hook)
    {
        var image = record.Components.FirstOrDefault(image => image.Name == hook.Component);
        if (image is not { Index: null } || hook != record.Hooks.Last(other => other.Component == hook.Component)
            || record.Steps.Any(step => step.Component == hook.Component && step.Begin >= hook.End))
            return StepState.Done;
        return image.Failure is null ? StepState.Cancelled : StepState.Failed;
    }

    private static RecordedStep? Before(RecordedStep step, List<RecordedStep> worked, Dictionary<int, RecordedStep> byNumber)
    {
        var needed = Needed(step, byNumber).Where(need => need.State != StepState.Cached).MaxBy(need => need.End);
        // 1
        if (needed is not null && step.Begin - needed.End <= AtOnce)
            return needed;
        // 2
        return worked.LastOrDefault(other => other.End <= step.Begin + AtOnce && other.Begin < step.Begin && other != step) ?? needed;
    }

    /// <summary>The steps that a step needs. A cached step passes on what it needed itself.</summary>
    private static IEnumerable<RecordedStep> Needed(RecordedStep step, Dictionary<int, RecordedStep> byNumber)
    {
        foreach (var need in step.Needs.Select(byNumber.GetValueOrDefault).OfType<RecordedStep>().Where(need => need.Number != step.Number))
        {
            yield return need;
            if (need.State == StepState.Cached)
                foreach (var further in Needed(need, byNumber))
                    yield return further;
        }
    }
}
