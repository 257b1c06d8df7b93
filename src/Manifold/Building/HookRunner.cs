using System.Globalization;
using System.Text;
using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Solving.Copying;
using Manifold.Solving.Steps;

namespace Manifold.Building;

/// <summary>A hook failed, or did not make what it says it makes.</summary>
internal sealed class HookFailedException(string message) : ManifoldException(message)
{
    public override int ExitCode => 1;
}

/// <summary>Runs the commands that make files for a build, and those only whose result is not there already.</summary>
/// <remarks>
/// <code>
/// 1  what it reads        the digest of its inputs, its command and its variables
/// 2  what it made         the same digest, and outputs that are as it left them: nothing is done
/// 3  else the command     in its folder, line by line
/// 4  what it makes        every pattern of its outputs matches a file; their digest is kept
/// </code>
/// The record is a small file under <c>cache/hooks</c>, replaced in one step.
/// </remarks>
internal sealed class HookRunner(Store store, TimeProvider time)
{
    private const int LinesKept = 20;

    private readonly string records = store.Layout.Hooks.Path;
    private readonly Turns<string> turns = new();

    /// <exception cref="HookFailedException">It failed; the message has its last lines.</exception>
    public async Task RunAsync(string component, Hook hook, Action<BuildEvent> on, CancellationToken cancellation)
    {
        // Hooks of one folder may write the same files, and never run side by side.
        using var turn = await turns.EnterAsync(hook.Folder, cancellation).ConfigureAwait(false);
        var began = time.GetTimestamp();
        var name = NameOf(hook);
        on(new HookStarted(name) { Time = time.GetUtcNow() });
        var digests = new FileDigests(store, hook.Folder, time);
        var inputs = InputsOf(hook, digests);
        var cached = File.Exists(RecordOf(hook))
            && await File.ReadAllTextAsync(RecordOf(hook), cancellation).ConfigureAwait(false) == Record(inputs, hook, digests);
        if (!cached)
        {
            await ExecuteAsync(component, hook, name, on, cancellation).ConfigureAwait(false);
            Directory.CreateDirectory(records);
            Store.ReplaceFile(RecordOf(hook), Encoding.ASCII.GetBytes(Record(inputs, hook, digests) ?? throw Missing(component, hook)));
        }
        digests.Save();
        on(new HookFinished(name, time.GetElapsedTime(began), cached) { Time = time.GetUtcNow() });
    }

    private async Task ExecuteAsync(string component, Hook hook, string name, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var lines = new Queue<string>();
        if (!Directory.Exists(hook.Folder))
            throw new HookFailedException($"{hook.Place}: {component}: the folder of the hook, '{hook.Folder}', does not exist.");
        var code = await ChildProcess.StreamAsync(hook.Command, hook.Folder, hook.Environment, (line, isError) =>
        {
            lock (lines)
            {
                lines.Enqueue(line);
                if (lines.Count > LinesKept)
                    lines.Dequeue();
            }
            on(new HookPrinted(name, line, isError) { Time = time.GetUtcNow() });
        }, cancellation).ConfigureAwait(false);
        if (code is null)
            throw new HookFailedException($"{hook.Place}: {component}{Of(hook)}: the hook '{hook.Command[0]}' cannot be started. Check "
                + "that it exists, that it is executable and that its interpreter is installed.");
        if (code != 0)
            throw new HookFailedException($"{hook.Place}: {component}{Of(hook)}: the hook '{Shown(hook)}' failed with exit code "
                + $"{code}.{string.Concat(lines.Select(line => "\n  " + line))}");
    }

    /// <summary>What a hook's record says when nothing has to be done; null where an output is missing.</summary>
    private static string? Record(Digest inputs, Hook hook, FileDigests digests)
    {
        var files = FilesBelow(hook.Folder).ToList();
        var outputs = Rules(hook.Outputs);
        if (outputs.Any(output => !files.Any(file => output.Match(file).Excluded)))
            return null;
        using var key = new KeyBuilder();
        return $"{inputs} {Add(key, hook, files.Where(file => outputs.Any(output => output.Match(file).Excluded)), digests).ToDigest()}";
    }

    private static HookFailedException Missing(string component, Hook hook)
    {
        var files = FilesBelow(hook.Folder).ToList();
        var absent = hook.Outputs.Where(pattern => Rules([pattern])[0] is var rule && !files.Any(file => rule.Match(file).Excluded));
        var patterns = string.Join(", ", absent.Select(pattern => $"'{pattern}'"));
        return new HookFailedException($"{hook.Place}: {component}{Of(hook)}: the hook '{Shown(hook)}' succeeded but did not create "
            + $"{patterns} in '{hook.Folder}'. Fix the hook or its outputs.");
    }

    private static Digest InputsOf(Hook hook, FileDigests digests)
    {
        var (inputs, outputs) = (Rules(hook.Inputs), Rules(hook.Outputs));
        var chosen = FilesBelow(hook.Folder).Where(file => inputs.Count == 0
            ? !outputs.Any(output => output.Match(file).Excluded) : inputs.Any(input => input.Match(file).Excluded));
        using var key = new KeyBuilder().AddAll(hook.Command)
            .AddAll(hook.Environment.Select(variable => $"{variable.Key}={variable.Value}")).AddAll(hook.Outputs);
        return Add(key, hook, chosen, digests).ToDigest();
    }

    private static List<IgnoreRules> Rules(IEnumerable<string> patterns) =>
        [.. patterns.Select(pattern => IgnoreRules.Parse("before", pattern))];

    private static KeyBuilder Add(KeyBuilder key, Hook hook, IEnumerable<string> files, FileDigests digests)
    {
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(hook.Folder, file);
            using var folder = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
            if (folder.Status(Path.GetFileName(path)) is not { } status)
                continue;
            key.Add(file).Add(status.Type).Add(status.Mode & 0b001_000_000);
            if (status.Type == FileStatus.SymbolicLink)
                key.Add(folder.ReadLink(Path.GetFileName(path)));
            else if (status.Type == FileStatus.RegularFile)
                key.Add(digests.Of(file, FileDigests.Identity.Of(status),
                    () => new FileStream(folder.OpenFile(Path.GetFileName(path)), FileAccess.Read)));
        }
        return key;
    }

    /// <summary>Everything below a folder that is no folder itself; git's own files are nobody's input.</summary>
    private static IEnumerable<string> FilesBelow(string folder) =>
        FileTree.FilesBelow(folder, enters: name => name != ".git").Select(file => file.Path);

    private string RecordOf(Hook hook)
    {
        using var key = new KeyBuilder();
        return Path.Combine(records, key.Add(hook.Folder).AddAll(hook.Command).Add(hook.Platform?.ToString()).ToDigest().Hex);
    }

    private static string NameOf(Hook hook) => Shown(hook) + (hook.Platform is null ? "" : $" ({hook.Platform})");

    private static string Of(Hook hook) => hook.Platform is null ? "" : $" ({hook.Platform})";

    private static string Shown(Hook hook)
    {
        var text = hook.Command is ["sh" or "/bin/sh", "-c", var script] ? script : string.Join(' ', hook.Command);
        return string.Create(CultureInfo.InvariantCulture, $"{(text.Length > 80 ? text[..79] + "…" : text)}");
    }
}
