using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Manifold.Linux;

/// <summary>The one place where programs are started.</summary>
internal static class ChildProcess
{
    /// <summary>What a finished program said.</summary>
    public sealed record Result(int ExitCode, string Output, string Error);

    /// <summary>Runs a program to its end and collects what it prints. Cancellation kills it with its children.</summary>
    /// <param name="input">Written to its standard input, then closed; null gives it none.</param>
    /// <returns>Null where the program is not installed.</returns>
    public static async Task<Result?> RunAsync(
        string program, IEnumerable<string> arguments, string? input = null,
        ImmutableSortedDictionary<string, string>? environment = null, CancellationToken cancellation = default)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        foreach (var (name, value) in environment ?? ImmutableSortedDictionary<string, string>.Empty)
            process.StartInfo.Environment[name] = value;
        if (!TryStart(process))
            return null;
        using var registration = cancellation.Register(() => Kill(process));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await FeedAsync(process.StandardInput, input).ConfigureAwait(false);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return new Result(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }

    /// <summary>
    /// Runs a program whose standard input is written while it runs, and collects what it prints. Cancellation kills it with its children.
    /// </summary>
    /// <param name="feed">Writes the input. A program that ends before it has read all of it is no failure of the writer: its exit code
    /// tells why.</param>
    /// <returns>Null where the program is not installed.</returns>
    public static async Task<Result?> FeedAsync(
        string program,
        IEnumerable<string> arguments,
        Func<Stream, Task> feed,
        ImmutableSortedDictionary<string, string> environment,
        CancellationToken cancellation = default)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            process.StartInfo.Environment[name] = value;
        if (!TryStart(process))
            return null;
        using var registration = cancellation.Register(() => Kill(process));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await feed(process.StandardInput.BaseStream).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException) when (process.WaitForExit(TimeSpan.FromSeconds(2)) && process.ExitCode != 0)
        {
            // Its input was closed by its end; what it said is the reason.
        }
        catch
        {
            Kill(process);
            throw;
        }
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return new Result(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }

    /// <summary>
    /// Runs a program as the user who called us, to its end, and hands on each line as it comes, from two threads at a time. Cancellation
    /// kills it with its children.
    /// </summary>
    /// <returns>The exit code; null where the program is not installed.</returns>
    public static async Task<int?> StreamAsync(
        ImmutableArray<string> command,
        string folder,
        ImmutableSortedDictionary<string, string> environment,
        Action<string, bool> onLine,
        CancellationToken cancellation = default)
    {
        using var process = new Process();
        // "./hook" is the folder's, as for a shell that stands in it; .NET would look for it where we stand.
        var program = command[0].Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(command[0], folder) : command[0];
        command = UserNamespaceEntry.AsCaller([program, .. command[1..]]);
        process.StartInfo = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment)
            process.StartInfo.Environment[name] = value;
        if (!TryStart(process))
            return null;
        using var registration = cancellation.Register(() => Kill(process));
        process.StandardInput.Close();
        await Task.WhenAll(ReadLinesAsync(process.StandardOutput, line => onLine(line, false)),
            ReadLinesAsync(process.StandardError, line => onLine(line, true))).ConfigureAwait(false);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode;
    }

    private static async Task ReadLinesAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
            onLine(line);
    }

    private static bool TryStart(Process process)
    {
        try
        {
#pragma warning disable RS0030 // this is the replacement that the ban names
            return process.Start();
#pragma warning restore RS0030
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>
    /// The full path of a program, searched as execvp does it, then in the folders of system programs; null where it is nowhere.
    /// </summary>
    public static string? Find(string program, string? searchPath) =>
        (searchPath ?? "").Split(':').Concat(["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"])
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(path => File.Exists(path) && (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0);

    private static async Task FeedAsync(StreamWriter stream, string? input)
    {
        try
        {
            if (input is not null)
                await stream.WriteAsync(input).ConfigureAwait(false);
            stream.Close();
        }
        catch (IOException)
        {
            // The program ended without reading its input; its exit code tells why.
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It had ended already.
        }
    }
}
