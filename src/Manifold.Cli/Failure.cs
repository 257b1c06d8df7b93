using System.Text;
using System.Text.RegularExpressions;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Turns the exception that ended a command into a message and an exit code. Stack traces appear only on request.</summary>
/// <remarks>
/// <code>
/// 1  of several exceptions, the most serious known one counts; a full or failing disk comes first
/// 2  Manifold's own messages, and those of the disk about a file that the user named, are printed as they are
/// 3  everything else is a bug: its kind, its number, and how to report it
/// </code>
/// The number is a hash of the exception's type and of our innermost method on the stack, so a bug has the same number on every machine.
/// </remarks>
internal static partial class Failure
{
    private const int Interrupted = 130, Failed = 1;
    private const string WorkingFolderIsGone =
        "The working folder no longer exists. Change to another folder and run the command again.";

    /// <summary>Prints on standard error what happened, and returns the exit code.</summary>
    /// <param name="debug">Adds the trace.</param>
    public static int Tell(CliContext context, Exception thrown, bool debug)
    {
        // 1
        var innermost = Innermost(thrown);
        var problem = innermost is OperationCanceledException ? innermost
            : TryExplain(thrown, context) ?? innermost;
        StatusLine.Clear(context);
        // 2
        var (message, code) = problem switch
        {
            OperationCanceledException => ("interrupted", Interrupted),
            ManifoldException known => (known.Message, known.ExitCode),
            DocumentException => (problem.Message, Failed),
            FileNotFoundException { FileName: null } when WorkingFolder() is null => (WorkingFolderIsGone, Failed),
            IOException or UnauthorizedAccessException => (problem.Message, Failed),
            _ => (Unexpected(problem), Failed), // 3
        };
        var failed = problem as RunFailedException;
        foreach (var line in failed?.Before ?? [])
            RunEnd.Write(context, line, cut: true);
        foreach (var each in (failed?.InnerException ?? problem) is SeveralProblemsException several ? several.Messages : [message])
            context.Error.WriteLine(failed is null ? $"manifold: {each}" : RunEnd.Wrapped(context, $"manifold: {each}"));
        foreach (var line in problem is RunInterruptedException interrupted ? [interrupted.After] : failed?.After ?? [])
            RunEnd.Write(context, line);
        if (debug)
            context.Error.WriteLine(AddressSecrets.Without(thrown.ToString()));
        return code;
    }

    /// <summary>The number of a bug, for reports: eight hexadecimal digits. Zeros if this machine cannot hash.</summary>
    public static string NumberOf(Exception problem)
    {
        var fault = Encoding.UTF8.GetBytes($"{problem.GetType().FullName} {PlaceOf(problem)}");
        try
        {
            return Convert.ToHexStringLower(Hasher.Hash(HashKind.Sha256, fault))[..8];
        }
        catch (HostNotReadyException)
        {
            return "00000000";
        }
    }

    private static string Unexpected(Exception problem) => $"""
        This is a bug in manifold: {problem.GetType().Name}{(PlaceOf(problem) is { Length: > 0 } place ? $" in {place}" : "")} (fault {NumberOf(problem)}).
        Report it to the people who gave you manifold. Include the fault number, the command and the version ({Product.Version}). To see the stack trace, run the command again with --debug.
        """;

    /// <summary>Asks the disks. Null if that fails itself, so that it does not hide the first failure.</summary>
    private static HostNotReadyException? TryExplain(Exception thrown, CliContext context)
    {
#pragma warning disable CA1031 // the last line of defense
        try
        {
            return DiskTrouble.Explain(thrown, context.StoreRoot, Path.GetTempPath(), WorkingFolder() ?? "/");
        }
        catch (Exception)
        {
            return null;
        }
#pragma warning restore CA1031
    }

    /// <summary>The working folder; null where it was removed.</summary>
    private static string? WorkingFolder()
    {
        try
        {
            return Environment.CurrentDirectory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The exception to report of several: the most serious known one, or else the first that is not a cancellation.</summary>
    internal static Exception Innermost(Exception thrown)
    {
        if (thrown is TypeInitializationException or System.Reflection.TargetInvocationException && thrown.InnerException is { } inner)
            return Innermost(inner);
        if (thrown is not AggregateException several || several.InnerExceptions.Count == 0)
            return thrown;
        var all = several.InnerExceptions.Select(Innermost).ToList();
        return all.OfType<ManifoldException>().MaxBy(known => known.ExitCode)
            ?? all.FirstOrDefault(each => each is not OperationCanceledException) ?? all[0];
    }

    /// <summary>Our innermost method in an exception's trace; empty if there is none.</summary>
    private static string PlaceOf(Exception problem)
    {
        var frame = FramePattern().Match(problem.StackTrace ?? "");
        // Compiled ahead of time, an async method bears the name of its state machine; numbers of lambdas change with every edit.
        return frame.Success ? GeneratedPattern().Replace(frame.Groups["method"].Value, "$1").Replace('+', '.') : "";
    }

    [GeneratedRegex(@"^\s*at (?<method>Manifold\.[^\s(]+)", RegexOptions.Multiline)]
    private static partial Regex FramePattern();

    [GeneratedRegex(@"<>c(?:__DisplayClass[\d_]+)?\.|<(\w+)>[a-z]__[\w|]+?(?:\.MoveNext)?(?=\z)|`\d+")]
    private static partial Regex GeneratedPattern();
}
