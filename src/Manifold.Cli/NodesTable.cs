using System.Collections.Immutable;
using System.Globalization;
using Manifold.Nodes;
using Manifold.Nodes.Ssh;
using Manifold.Nodes.Units;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Nodes and what they offer, as a table. Sentences about their problems follow on standard error.</summary>
internal static class NodesTable
{
    private const string Nothing = "-";

    // On a terminal, those that do not fit are left out, the first of these first.
    private static readonly ImmutableArray<string> LessImportant = ["FOLDER", "PROGRAMS", "NATIVE", "ADDRESS", "EMULATED"];

    public static void Write(CliContext context, ImmutableArray<NodeVisit> visits)
    {
        var columns = All(visits);
        foreach (var heading in LessImportant.TakeWhile(_ => !Fits(context, columns, visits)))
            columns = columns.RemoveAll(column => column.Heading == heading);
        Columns.Write(context, [.. columns.Select(column => column.Heading)], Rows(columns, visits));
        foreach (var visit in visits.Where(visit => visit.Problem is not null))
            context.Warn(Explain(visit));
        foreach (var visit in visits.Where(visit => !NodeClock.IsTolerable(visit.ClockOffset)))
            context.Warn($"{visit.Node.Name}: {NodeClock.Describe(visit.ClockOffset)}. {NodeClock.Remedy}");
        foreach (var visit in visits.Where(visit => visit.Facts?.RunProblem is not null))
            context.Warn($"{visit.Node.Name}: RUN steps don't work there: {visit.Facts!.RunProblem}");
    }

    /// <summary>A sentence about the problem of a visit, with the node's name.</summary>
    public static string Explain(NodeVisit visit) => visit.Problem!.Message switch
    {
        var message when message.StartsWith(visit.Node.Name + ":", StringComparison.Ordinal) => message,
        var message => $"{visit.Node.Name}: {message}",
    };

    private static ImmutableArray<(string Heading, Func<NodeVisit, string> Cell)> All(ImmutableArray<NodeVisit> visits) =>
    [
        ("NAME", visit => visit.Node.Name),
        .. visits.Any(visit => visit.Node.Name != visit.Node.Address)
            ? ImmutableArray.Create<(string, Func<NodeVisit, string>)>(("ADDRESS", visit => visit.Node.Address)) : [],
        ("PLATFORM", Fact(facts => facts.Platform.ToString())),
        ("CPUS", Fact(facts => facts.Processors.ToString(CultureInfo.InvariantCulture))),
        ("MEMORY", Fact(facts => ByteSize.Format(facts.MemoryBytes))),
        ("FREE", Fact(facts => ByteSize.Format(facts.FreeBytes))),
        ("STORE", Fact(facts => ByteSize.Format(facts.StoreBytes))),
        ("READY", visit => visit.Facts is { } facts ? facts.RunProblem is null ? "yes" : "no RUN" : Short(visit.Problem!)),
        ("NATIVE", Fact(facts => Names(facts.Native))),
        ("EMULATED", Fact(facts => Names(facts.Emulated))),
        ("PROGRAMS", Fact(facts => string.Create(
            CultureInfo.InvariantCulture, $"{facts.Programs} ({ByteSize.Format(facts.ProgramBytes)})"))),
        ("FOLDER", Fact(facts => facts.Store)),
    ];

    private static Func<NodeVisit, string> Fact(Func<NodeFacts, string> cell) =>
        visit => visit.Facts is { } facts ? cell(facts) : Nothing;

    private static string[][] Rows(
        ImmutableArray<(string Heading, Func<NodeVisit, string> Cell)> columns, ImmutableArray<NodeVisit> visits) =>
        [.. visits.Select(visit => columns.Select(column => column.Cell(visit)).ToArray())];

    private static bool Fits(
        CliContext context, ImmutableArray<(string Heading, Func<NodeVisit, string> Cell)> columns, ImmutableArray<NodeVisit> visits)
    {
        var lines = TableFit.Lines([[.. columns.Select(column => column.Heading)], .. Rows(columns, visits)], width: null);
        return context.OutWidth is not { } width || lines.All(line => Cells.Width(line) <= width);
    }

    private static string Names(ImmutableArray<Platform> platforms) =>
        string.Join(',', platforms.Select(each => each.ToString().Replace("linux/", "", StringComparison.Ordinal)).DefaultIfEmpty(Nothing));

    private static string Short(ManifoldException problem) => problem switch
    {
        SshException { Problem: SshProblem.UnknownHostKey } => "unknown host key",
        SshException { Problem: SshProblem.ChangedHostKey } => "changed host key",
        SshException { Problem: SshProblem.Denied } => "login refused",
        SshException { Problem: SshProblem.NameUnknown } => "unknown host",
        SshException { Problem: SshProblem.Refused } => "connection refused",
        SshException { Problem: SshProblem.TimedOut } => "no answer",
        SshException { Problem: SshProblem.Unreachable } => "not reachable",
        SshException { Problem: SshProblem.Lost } or NodeLostException => "connection lost",
        SshException { Problem: SshProblem.NoShell } => "no shell",
        SshException { Problem: SshProblem.NotLinux } => "not Linux",
        SshException { Problem: SshProblem.WrongLibrary } => "wrong C library",
        SshException { Problem: SshProblem.Unwritable } => "folder not writable",
        SshException { Problem: SshProblem.NotExecutable } => "noexec folder",
        SshException { Problem: SshProblem.DiskFull } => "disk full",
        _ => "failed",
    };
}
