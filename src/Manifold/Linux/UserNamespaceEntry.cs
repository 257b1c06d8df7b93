using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace Manifold.Linux;

/// <summary>The way of an ordinary user into a user namespace of his own, with his subordinate ids.</summary>
/// <remarks>
/// <code>
/// 1  trial   unshare … true      the whole way, with a program that does nothing: what stops us is known while we can still go on without
/// 2  exec    unshare … manifold  the same process becomes unshare, which has newuidmap write the ids, and then this program once more
/// 3  inside  root of the namespace; <see cref="UserNamespace.EnteredFor"/> knows whose
/// </code>
/// A process of several threads cannot enter by itself (unshare(2), EINVAL), and every .NET process has several. As it is the same process,
/// signals, terminal, standard input and exit code are the caller's own, and nobody has to forward them.
/// </remarks>
internal static partial class UserNamespaceEntry
{
    private static readonly ImmutableArray<string> Unshare = ["unshare", "--user", "--map-auto", "--map-root-user"];

    /// <summary>Whether the way is open. What it costs is that of starting three small programs.</summary>
    /// <returns>Null where it is; else what was said by who stopped it.</returns>
    public static async Task<string?> TryAsync()
    {
        // With a mount namespace: AppArmor lets anyone enter a user namespace, and takes the capabilities in it.
        var result = await ChildProcess.RunAsync(Unshare[0], [.. Unshare[1..], "--mount", "--", "true"]).ConfigureAwait(false);
        return result is null ? "unshare is not installed" : result.ExitCode == 0 ? null : $"{result.Error.Trim()}";
    }

    /// <summary>
    /// Starts this program anew in a namespace, with the arguments that it has. Does not return, unless <c>unshare</c> is gone.
    /// </summary>
    /// <remarks>Before anything was opened, locked or started: nothing of this process remains but its standard streams.</remarks>
    public static unsafe void Enter()
    {
        var arguments = OwnArguments();
        arguments[0] = Encoding.UTF8.GetBytes(Environment.ProcessPath!);
        var words = Unshare.Append("--").Select(Encoding.UTF8.GetBytes).Concat(arguments).ToList();
        _ = SetVariable(UserNamespace.Marker, $"{User.Id}:{User.GroupId}", 1);
        // .NET ignores this one, which would go on to all programs that are started from here.
        _ = SetHandler(BrokenPipe, DefaultHandler);
        var pointers = (byte**)NativeMemory.AllocZeroed((nuint)(words.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < words.Count; i++)
        {
            pointers[i] = (byte*)NativeMemory.AllocZeroed((nuint)words[i].Length + 1);
            words[i].CopyTo(new Span<byte>(pointers[i], words[i].Length));
        }
        _ = Execute(Unshare[0], pointers);
    }

    /// <summary>
    /// A command as the user who called us would start it:
    /// in a namespace that we entered, our children are root, and many a program does otherwise then.
    /// </summary>
    /// <remarks>
    /// An archive's files would get owners that the user cannot delete, and a keyring would not answer. Where the program is not there, the
    /// command is as it was, so that starting it fails as ever. It cannot enter a namespace of several ids itself (rootless podman).
    /// </remarks>
    public static ImmutableArray<string> AsCaller(ImmutableArray<string> command) =>
        UserNamespace.EnteredFor is not var (uid, gid)
            || ChildProcess.Find(command[0], Environment.GetEnvironmentVariables()["PATH"] as string) is null
            ? command
            : ["unshare", $"--map-user={uid}", $"--map-group={gid}", "--", .. command];

    // As bytes: an argument need not be text.
    private static List<byte[]> OwnArguments()
    {
        var line = File.ReadAllBytes("/proc/self/cmdline").AsSpan();
        var arguments = new List<byte[]>();
        for (; line.IndexOf((byte)0) is >= 0 and var end; line = line[(end + 1)..])
            arguments.Add(line[..end].ToArray());
        return arguments;
    }

    private const int BrokenPipe = 13;
    private const nint DefaultHandler = 0;

    [LibraryImport("libc", EntryPoint = "execvp", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Execute(string program, byte** arguments);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
