using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Text;

namespace Manifold.Planning;

/// <summary>A step did not succeed. For a RUN: its exit code and the last lines that it printed.</summary>
internal sealed class StepFailedException(Step step, string reason, int? code = null, ImmutableArray<string>? logTail = null)
    : ManifoldException(Describe(step, reason, logTail ?? []))
{
    public override int ExitCode => IsHostsFault ? 4 : 1;

    /// <summary>This machine lacks what the step needed: room on the store's disk.</summary>
    public bool IsHostsFault { get; init; }

    public Step Step { get; } = step;

    /// <summary>What fails for all platforms alike has one: the instruction, and the reason.</summary>
    internal (Place Place, string Reason) Spot => (Step.Place, reason);

    /// <summary>The same failure, met by another step.</summary>
    public StepFailedException At(Step other) => new(other, reason, ProgramExitCode, LogTail) { IsHostsFault = IsHostsFault };

    /// <summary>The program's exit code; null where no program ran.</summary>
    public int? ProgramExitCode { get; } = code;

    /// <summary>At most the last 20 lines.</summary>
    public ImmutableArray<string> LogTail { get; } = logTail ?? [];

    /// <summary>The message without the last lines.</summary>
    public string Sentence { get; } = Describe(step, reason, []);

    private static string Describe(Step step, string reason, ImmutableArray<string> tail) =>
        $"{step.Name} ({step.Platform}, {step.Place.File}:{step.Line}): {reason}"
        + (tail.IsEmpty ? "" : " Its last lines:\n" + string.Join('\n', tail.Select(line => "    " + ProgramOutput.Line(line))));
}
