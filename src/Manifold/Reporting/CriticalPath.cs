using System.Collections.Immutable;
using Manifold.Reporting.Records;

namespace Manifold.Reporting;

/// <summary>The steps that a build's time is made of: each waited for the one before it, and shortening any other would not have helped.</summary>
/// <remarks>
/// <code>
/// the step that ended last
///   1  what it needs, the one that ended last      if the step began when that was done
///   2  else whichever step ended just before       it waited for a sibling, or for a processor
/// </code>
/// Exact where steps begin as soon as they can; elsewhere the likely chain.
/// </remarks>
public static class CriticalPath
{
    // A step that begins this soon after another ended was waiting for it.
    private const double AtOnce = 0.05;

    /// <summary>In the order of time.</summary>
    public static ImmutableArray<RecordedStep> Of(ImmutableArray<RecordedStep> steps)
    {
        var worked = steps.Where(step => step is { Begin: not null, End: not null, State: not StepState.Cached }).OrderBy(step => step.End).ToList();
        var byNumber = steps.ToDictionary(step => step.Number);
        var path = new Stack<RecordedStep>();
        for (var step = worked.LastOrDefault(); step is not null && !path.Contains(step); step = Before(step, worked, byNumber))
            path.Push(step);
        return [.. path];
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

    /// <summary>What a step needs; what was cached hands on what it needed itself.</summary>
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
