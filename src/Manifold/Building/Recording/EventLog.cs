using System.Collections.Immutable;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;

namespace Manifold.Building.Recording;

/// <summary>Collects a build's events into what a record keeps of them. Thread-safe; costs a dictionary's look-up for each.</summary>
internal sealed class EventLog
{
    private readonly DateTimeOffset begin;
    private readonly Lock gate = new();
    private readonly Dictionary<(string Component, Digest Step), Seen> steps = [];
    private readonly Dictionary<string, BuildPlan> plans = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Kind, string Where), Moved> transfers = [];
    private readonly HashSet<(TransferKind, Digest, string)> arrived = [];
    private readonly List<RecordedPhase> phases = [];
    private readonly Dictionary<(string Component, string Hook), DateTimeOffset> hooks = [];
    private readonly List<(string Component, string Message)> warnings = [];
    private readonly NodeLog nodes = new();
    private DateTimeOffset last;

    public EventLog(DateTimeOffset begin) => this.begin = last = begin;

    private sealed class Seen(Step step)
    {
        public Step Step => step;
        public double? Begin, End;
        public double Seconds;
        public bool Emulated;
        public StepState State = StepState.NeverBegun;
    }

    private sealed class Moved
    {
        public int Blobs;
        public long Bytes;
        public double Begin, End;
    }

    public void Show(BuildEvent e)
    {
        lock (gate)
        {
            last = e.Time > last ? e.Time : last;
            var component = e.Component ?? "";
            switch (e)
            {
                case PlanMade made: Plan(component, made); break;
                case StepStarted started: Begin(component, started.Step, e.Time); break;
                case StepResumed resumed: Begin(component, resumed.Step, e.Time); break;
                case StepFinished done:
                    End(Of(component, done.Step),
                        e.Time, done.Cached ? StepState.Cached : StepState.Done, done.Duration, done.Emulated);
                    break;
                case StepFailed failed: End(Of(component, failed.Step), e.Time, StepState.Failed, failed.Duration, failed.Emulated); break;
                case Transferred { Kind: not (TransferKind.Unpack or TransferKind.Compress) } transfer: Move(component, transfer); break;
                case HookStarted hook: hooks[(component, hook.Name)] = e.Time; break;
                case HookFinished hook: End(component, hook); break;
                case Verified verified:
                    phases.Add(new RecordedPhase("verify", component, At(e.Time - verified.Duration), At(e.Time)));
                    break;
                case Warned warned: warnings.Add((component, warned.Message)); break;
                case UnitPlaced or UnitReturned: nodes.Show(e); break;
            }
        }
    }

    /// <summary>The node that built a platform of a component; null if no nodes are used.</summary>
    public RecordedNode? NodeOf(string component, Platform platform)
    {
        lock (gate)
            return nodes.Find(component, platform);
    }

    /// <summary>The plan of a component, if it came so far.</summary>
    public BuildPlan? PlanOf(string component)
    {
        lock (gate)
            return plans.GetValueOrDefault(component);
    }

    /// <summary>The steps of all plans and of all events, numbered.</summary>
    public ImmutableArray<RecordedStep> Steps(IReadOnlyDictionary<(string, Digest), ImmutableArray<Platform>> users)
    {
        lock (gate)
        {
            foreach (var (component, plan) in plans)
                foreach (var step in plan.Steps.Where(step => step is not BaseStep))
                    steps.TryAdd((component, step.Digest), new Seen(step));
            var numbers = steps.Keys.Select((key, i) => (key, Number: i + 1)).ToDictionary(pair => pair.key, pair => pair.Number);
            return [.. steps.Select(pair => Recorded(pair.Key.Component, pair.Value, numbers, users))];
        }
    }

    /// <summary>Whether the RUN ran in this build, under an emulator.</summary>
    public bool RanEmulated(RunStep run)
    {
        lock (gate)
            return steps.Any(pair => pair.Key.Step == run.Digest && pair.Value is { Emulated: true, State: StepState.Done });
    }

    public ImmutableArray<RecordedPhase> Phases()
    {
        lock (gate)
            return [.. phases.Concat(Unfinished()).Concat(transfers.Where(pair => IsOfPush(pair.Key.Kind)).GroupBy(_ => "publish")
                .Select(group => new RecordedPhase(group.Key, "", group.Min(pair => pair.Value.Begin), group.Max(pair => pair.Value.End))))
                .OrderBy(phase => phase.Begin)];
    }

    public ImmutableArray<RecordedTransfer> Transfers()
    {
        lock (gate)
            return [.. transfers.Where(pair => pair.Value.Blobs > 0).OrderBy(pair => pair.Value.Begin).Select(pair =>
                new RecordedTransfer(pair.Key.Kind, pair.Key.Where, pair.Value.Blobs, pair.Value.Bytes, pair.Value.Begin, pair.Value.End))];
    }

    public ImmutableArray<(string Component, string Message)> Warnings()
    {
        lock (gate)
            return [.. warnings.Distinct()];
    }

    private void End(string component, HookFinished hook)
    {
        hooks.Remove((component, hook.Name));
        if (!hook.Cached)
            phases.Add(new RecordedPhase(hook.Name, component, At(hook.Time - hook.Duration), At(hook.Time)));
    }

    /// <summary>Hooks that failed or were stopped.</summary>
    private IEnumerable<RecordedPhase> Unfinished() =>
        hooks.Select(hook => new RecordedPhase(hook.Key.Hook, hook.Key.Component, At(hook.Value), At(last)));

    private double At(DateTimeOffset time) => Math.Round(Math.Max(0, (time - begin).TotalSeconds), 3);

    private void Plan(string component, PlanMade made)
    {
        // A component's plan is told again when its turn comes; until the first, everything was planning.
        if (plans.Count == 0 && steps.Count == 0)
            phases.Add(new RecordedPhase("plan", "", 0, At(made.Time)));
        if (made.Plan is not null)
            plans[component] = made.Plan;
    }

    private Seen Of(string component, Step step)
    {
        if (!steps.TryGetValue((component, step.Digest), out var seen))
            steps[(component, step.Digest)] = seen = new Seen(step);
        return seen;
    }

    private void Begin(string component, Step step, DateTimeOffset time)
    {
        var seen = Of(component, step);
        (seen.Begin, seen.State) = (At(time), StepState.Cancelled); // until it ends
    }

    private void End(Seen seen, DateTimeOffset time, StepState state, TimeSpan duration, bool emulated)
    {
        (seen.End, seen.State, seen.Seconds, seen.Emulated) = (At(time), state, Math.Round(duration.TotalSeconds, 3), emulated);
        seen.Begin ??= Math.Max(0, At(time - duration));
    }

    private static bool IsOfPush(string kind) => kind is "pushed" or "mounted" or "there";

    /// <summary>A blob counts once for each place; how it came there is known when it is there.</summary>
    private void Move(string component, Transferred transfer)
    {
        var where = transfer.Where.Split(" (", 2)[0];
        var kind = transfer switch
        {
            { Kind: TransferKind.Pull } => "pulled",
            { Kind: TransferKind.Send } => "sent",
            { Kind: TransferKind.Receive } => "received",
            { Push: BlobPush.Mounted } => "mounted",
            { Push: BlobPush.AlreadyThere } => "there",
            _ => "pushed",
        };
        var isDone = transfer.Kind == TransferKind.Push ? transfer.Push is not null : transfer.Done >= transfer.Total;
        if (!transfers.TryGetValue((kind, where), out var moved))
            transfers[(kind, where)] = moved = new Moved { Begin = At(transfer.Time) };
        moved.End = Math.Max(moved.End, At(transfer.Time));
        if (!isDone || !arrived.Add((transfer.Kind, transfer.Digest, where)))
            return;
        moved.Blobs++;
        moved.Bytes += transfer.Total;
    }

    private RecordedStep Recorded(
        string component,
        Seen seen,
        Dictionary<(string, Digest), int> numbers,
        IReadOnlyDictionary<(string, Digest), ImmutableArray<Platform>> users)
    {
        var step = seen.Step;
        Step?[] needs = [step.Parent, .. step.ReadsFrom];
        return new RecordedStep
        {
            Number = numbers[(component, step.Digest)],
            Component = component,
            Name = step.Name,
            Stage = step.Stage,
            Platform = step.Platform,
            For = users.GetValueOrDefault((component, step.Digest), [step.Platform]),
            Kind = step switch { RunStep => "run", CopyStep => "copy", _ => "workdir" },
            State = seen.State,
            Emulated = seen.Emulated,
            Begin = seen.Begin,
            End = seen.End ?? (seen.Begin is null ? null : At(last)),
            Seconds = seen.Seconds,
            Needs =
                [.. needs.OfType<Step>().Select(need => numbers.GetValueOrDefault((component, need.Digest))).Where(number => number > 0)],
        };
    }
}
