using System.Collections.Immutable;
using System.Text;
using Manifold.Dockerfile;
using Manifold.Linux;
using Manifold.Planning;

namespace Manifold.Cli;

/// <summary>Reads what <c>--secret</c>, <c>--ssh</c> and project files name: the only place where a secret enters the program.</summary>
internal static class SecretTexts
{
    private const int LargestSecret = 500 * 1024; // BuildKit's
    private static readonly string[] Keys = ["id", "src", "source", "env", "type"];

    /// <exception cref="UsageException">A text is wrong, or a file is not there. No message holds a value.</exception>
    public static RunSettings Read(IEnumerable<string> secrets, IEnumerable<string> agents, CliContext context) => new()
    {
        Secrets = [.. secrets.Select(text => Secret(text, context)).GroupBy(secret => secret.Id).Select(group => group.Last())],
        Agents = [.. agents.Select(text => Agent(text, context)).GroupBy(agent => agent.Id).Select(group => group.Last())],
    };

    private static Secret Secret(string text, CliContext context)
    {
        var parts = Csv.Split(text) ?? throw Wrong("a quote is missing or in the wrong place");
        var pairs = parts.Select(part => part.Split('=', 2)).ToList();
        foreach (var pair in pairs)
        {
            // What has no key may be the secret itself, and is not shown.
            if (pair.Length < 2)
                throw Wrong("a field has no key");
            if (!Keys.Contains(pair[0].Trim().ToLowerInvariant()))
                throw Wrong($"unknown key '{pair[0]}'. {Suggestion.For(pair[0], Keys)}".TrimEnd(' ', '.'));
        }
        string? Value(params string[] keys) => pairs.LastOrDefault(pair => keys.Contains(pair[0].Trim().ToLowerInvariant()))?[1];
        var (type, file, variable) = (Value("type"), Value("src", "source"), Value("env"));
        if (type is not (null or "file" or "env"))
            throw Wrong($"unknown type '{type}'. Valid types: file, env");
        if (Value("id") is not { Length: > 0 } id)
            throw Wrong("id is missing");
        if (type == "env")
            (file, variable) = (null, variable ?? file);
        if (file is null && variable is null && context.Environment.ContainsKey(id))
            variable = id;
        // A variable that is not set is an empty secret, as in BuildKit: pipelines of forks have none.
        return new Secret(id, variable is not null
            ? Encoding.UTF8.GetBytes(context.Environment.GetValueOrDefault(variable) ?? "")
            : Content(id, PathOf(file ?? id, context)));
    }

    private static byte[] Content(string id, string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new UsageException($"--secret id={id}: '{path}' {(Directory.Exists(path) ? "is not a file" : "does not exist")}. "
                + $"Specify where the secret is: id={id},src=FILE or id={id},env=VARIABLE.");
        using var stream = file.OpenRead();
        var buffer = new byte[LargestSecret + 1];
        var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false); // it may be a pipe, so its length tells nothing
        if (length > LargestSecret)
            throw new UsageException($"--secret id={id}: '{path}' is larger than "
                + $"{LargestSecret} bytes, the limit for secrets. For large files, use --build-context");
        return buffer[..length];
    }

    private static SshAgent Agent(string text, CliContext context)
    {
        var (id, places) = text.Split('=', 2) is [var name, var rest] ? (name, rest.Split(',')) : (text, []);
        if (id.Length == 0)
            throw new UsageException($"--ssh '{text}': expected default, ID=SOCKET or ID=KEY[,KEY].");
        if (places.Length == 0 || places is [""])
        {
            if (context.Variable("SSH_AUTH_SOCK") is not { } running)
                throw new UsageException($"--ssh {text}: no ssh agent is running: SSH_AUTH_SOCK is not set. "
                    + $"Start one with: eval $(ssh-agent) && ssh-add. Or name a key: --ssh {id}=$HOME/.ssh/id_ed25519");
            return new SshAgent(id) { Socket = running };
        }
        var paths = places.Select(place => PathOf(place, context)).ToImmutableArray();
        if (paths.FirstOrDefault(path => TypeOf(path) is null) is { } missing)
            throw new UsageException($"--ssh {text}: '{missing}' does not exist.");
        if (paths is [var only] && TypeOf(only) == FileStatus.Socket)
            return new SshAgent(id) { Socket = only };
        if (paths.FirstOrDefault(path => TypeOf(path) != FileStatus.RegularFile) is { } other)
            throw new UsageException(
                $"--ssh {text}: '{other}' is not a key file. To use an agent, name only its socket: --ssh {id}=SOCKET");
        return new SshAgent(id) { Keys = paths };
    }

    private static int? TypeOf(string path) =>
        DirectoryHandle.StatusOf(File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path)?.Type;

    /// <summary>Absolute; the shell leaves <c>~</c> as it is behind <c>src=</c>.</summary>
    private static string PathOf(string path, CliContext context) =>
        Path.GetFullPath(
            path.StartsWith("~/", StringComparison.Ordinal) && context.Variable("HOME") is { } home ? Path.Combine(home, path[2..]) : path);

    private static UsageException Wrong(string what) => new($"--secret: {what}. Expected id=ID,src=FILE or id=ID,env=VARIABLE.");
}
