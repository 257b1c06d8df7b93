using System.Collections.Immutable;
using System.Globalization;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>Walks one stage's instructions: work becomes steps, everything else becomes config and history.</summary>
/// <remarks>Source: Dockerfile reference; where it is silent, BuildKit's behaviour. Used once.</remarks>
internal sealed partial class StagePlanner
{
    private static readonly ImmutableArray<string> DefaultShell = ["/bin/sh", "-c"];

    private readonly StagePlans plans;
    private readonly Stage stage;
    private readonly Platform platform;
    private readonly ImmutableArray<Instruction> instructions;
    private readonly int workSteps;
    private readonly ImmutableArray<PlannedHistory>.Builder history;
    private Step last;
    private ImageConfig image;
    private ContainerConfig config;
    private Scope scope;
    private int stepNumber = 1;
    private bool commandIsOurs;

    public StagePlanner(StagePlans plans, Stage stage, StagePlan ground)
    {
        (this.plans, this.stage, last, image) = (plans, stage, ground.Last, ground.Config);
        platform = plans.Graph.PlatformOf(stage);
        history = ground.History.ToBuilder();
        instructions = plans.Graph.InstructionsOf(stage);
        config = image.Config! with { OnBuild = null };
        scope = new Scope { Environment = config.Env ?? [], Arguments = ground.Arguments, Places = ground.Places };
        workSteps =
            1 + instructions.Count(instruction => instruction is RunInstruction or CopyInstruction or AddInstruction or WorkdirInstruction);
    }

    public StagePlan Plan()
    {
        foreach (var instruction in instructions)
            Apply(instruction);
        var finished = image with { Config = config with { Env = scope.Environment } };
        return new StagePlan(last, finished, history.ToImmutable(), scope.Arguments) { Places = scope.Places };
    }

    private void Apply(Instruction instruction)
    {
        switch (instruction)
        {
            case ArgInstruction arg: Declare(arg); break;
            case EnvInstruction env: SetEnvironment(env); break;
            case LabelInstruction label: SetLabels(label); break;
            case WorkdirInstruction workdir: ChangeFolder(workdir); break;
            case UserInstruction user: SetUser(user); break;
            case ExposeInstruction expose: Expose(expose); break;
            case VolumeInstruction volume: AddVolumes(volume); break;
            case StopSignalInstruction signal: SetStopSignal(signal); break;
            case ShellInstruction shell: SetShell(shell); break;
            case HealthcheckInstruction check: SetHealthcheck(check); break;
            case CmdInstruction command: SetCommand(command); break;
            case EntrypointInstruction entrypoint: SetEntrypoint(entrypoint); break;
            case MaintainerInstruction maintainer: SetAuthor(maintainer); break;
            case RunInstruction run: Run(run); break;
            case CopyInstruction copy: Copy(copy); break;
            case AddInstruction add: Add(add); break;
            case OnbuildInstruction onbuild: config = config with { OnBuild = [.. config.OnBuild ?? [], onbuild.Expression] }; break;
            default: throw new InvalidOperationException($"{instruction.GetType().Name} has no place in the plan.");
        }
    }

    private ImmutableArray<string> Shell => config.Shell ?? DefaultShell;

    private string Expand(string word, Instruction instruction) =>
        plans.Diagnosing.Expand(word, scope.Find, instruction);

    private IEnumerable<string> ExpandAll(IEnumerable<string> words, Instruction instruction) =>
        words.Select(word => Expand(word, instruction));

    private string StageName =>
        stage.Name ?? (plans.Tree.Stages.Length > 1 ? "stage-" + stage.Index.ToString(CultureInfo.InvariantCulture) : "");

    private void Note(string createdBy) => history.Add(new PlannedHistory(createdBy, null));

    private void Advance(Step step, string createdBy)
    {
        last = plans.Shared(step with { Stage = StageName });
        history.Add(new PlannedHistory(createdBy, last));
    }

    /// <summary>
    /// A step's name for people; numbers count the lines that make work, FROM being the first, as people know them from BuildKit.
    /// </summary>
    private string StepName(Instruction instruction)
    {
        stepNumber++;
        var name = StageName;
        var text = string.Join(' ', instruction.Source.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return $"[{name}{(name.Length > 0 ? " " : "")}{stepNumber}/{workSteps}] {(text.Length > 100 ? text[..99] + "…" : text)}";
    }
}
