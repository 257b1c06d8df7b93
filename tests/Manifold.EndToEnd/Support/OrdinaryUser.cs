using System.Diagnostics;
using Manifold.Linux;

namespace Manifold.EndToEnd.Support;

/// <summary>
/// Manifold as somebody uses it who is not root: a user of this machine with subordinate ids, a home of his own for each test, and the
/// program in processes of its own.
/// </summary>
/// <remarks>
/// The user is made where he is not there, and stays: it takes root, as do <c>setpriv</c> and the tests that compare with root.
/// </remarks>
public sealed class OrdinaryUser : IDisposable
{
    private const string Name = "manifold-test";
    private static readonly Lazy<Task<string>> Made = new(MakeAsync);

    private readonly TemporaryFolder folder;

    private OrdinaryUser(TemporaryFolder folder) => this.folder = folder;

    /// <summary>Whether he is refused user namespaces, as in a container that forbids to gain privileges.</summary>
    public bool WithoutNamespaces { get; init; }

    /// <summary>Whether he may open <c>/dev/net/tun</c>, as distributions have it, also where this machine has no udev.</summary>
    public bool WithTap { get; set; }

    // Seen by his processes alone.
    private const string OwnTap = "tap=$(mktemp -u) && mknod -m 666 $tap c 10 200 && mount --bind $tap /dev/net/tun && exec \"$@\"";

    /// <summary>His numbers, as <c>UID:GID</c>.</summary>
    public required string Owner { get; init; }

    /// <summary>Everything that a test may leave, his home among it; readable by him and by root.</summary>
    public string Path => folder.Path;

    public string Home => folder["home"];
    public string Store => folder["home/.local/share/manifold"];
    public string this[string relative] => folder[relative];

    /// <summary>Skips where this cannot be.</summary>
    public static async Task<OrdinaryUser> ComeAsync(bool withoutNamespaces = false)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Becoming another user needs root.");
        foreach (var program in (string[])["useradd", "newuidmap", "setpriv", "unshare"])
            Assert.SkipWhen(ChildProcess.Find(program, null) is null,
                $"'{program}' is not installed here; test.sh installs it (package uidmap).");
        var owner = await Made.Value;
        var user = new OrdinaryUser(new TemporaryFolder()) { Owner = owner, WithoutNamespaces = withoutNamespaces };
        Directory.CreateDirectory(user.Home);
        File.SetUnixFileMode(user.Path, (UnixFileMode)0b111_101_101);
        await user.TakeAsync();
        return user;
    }

    /// <summary>A context of his own. The Dockerfile's <c>BASE</c> is the busybox.</summary>
    public string Context(string dockerfile, params (string Path, string Content)[] files)
    {
        var name = $"context-{Guid.NewGuid():N}";
        foreach (var (path, content) in files)
            folder.Write(System.IO.Path.Combine(name, path), content);
        return System.IO.Path.GetDirectoryName(folder.Write(System.IO.Path.Combine(name, "Dockerfile"),
            dockerfile.Replace("BASE", Workshop.BusyBox, StringComparison.Ordinal)))!;
    }

    public string Write(string relative, string content) => folder.Write(relative, content);

    /// <summary>Gives him all that is in <see cref="Path"/>.</summary>
    public Task TakeAsync() => Tool.Run("chown", "--recursive", Owner, Path);

    public Task<Workshop.Outcome> Run(params string[] arguments) => RunAsync(arguments, new Dictionary<string, string>(), null);

    /// <param name="variables">What he has set besides.</param>
    /// <param name="input">The file that is standard input; null for none.</param>
    public async Task<Workshop.Outcome> RunAsync(string[] arguments, IReadOnlyDictionary<string, string> variables, string? input)
    {
        using var process = Start(arguments, variables);
        if (input is not null)
        {
            await using var file = File.OpenRead(input);
            await file.CopyToAsync(process.StandardInput.BaseStream);
        }
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Workshop.Outcome(process.ExitCode, await output, await error);
    }

    /// <summary>The program itself, with an environment like that of a login.</summary>
    public Process Start(params string[] arguments)
    {
        var process = Start(arguments, new Dictionary<string, string>());
        process.StandardInput.Close();
        return process;
    }

    private Process Start(string[] arguments, IReadOnlyDictionary<string, string> variables)
    {
        var (uid, gid) = (Owner.Split(':')[0], Owner.Split(':')[1]);
        var start = new ProcessStartInfo("env",
        [
            .. WithTap ? (string[])["unshare", "--mount", "--", "sh", "-c", OwnTap, "sh", "env"] : [],
            "--ignore-environment",
            "--default-signal=INT", $"--chdir={Path}", $"PATH={Environment.GetEnvironmentVariable("PATH")}", $"HOME={Home}", $"USER={Name}",
            .. variables.Select(variable => $"{variable.Key}={variable.Value}"),
            "setpriv", "--reuid",
            uid, "--regid", gid, "--init-groups", "--inh-caps=-all", .. WithoutNamespaces ? (string[])["--no-new-privs"] : [], "--",
            .. Program.Value, .. arguments,
        ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    public void Dispose() => folder.Dispose();

    // He cannot enter everybody's folders, root's for one; then he gets the program where he can.
    private static readonly Lazy<string[]> Program = new(() =>
    {
        var file = OurProgram.Words[^1];
        for (var at = System.IO.Path.GetDirectoryName(file); !string.IsNullOrEmpty(at); at = System.IO.Path.GetDirectoryName(at))
        {
            if ((File.GetUnixFileMode(at) & UnixFileMode.OtherExecute) == 0)
                return [.. OurProgram.Words.SkipLast(1), Copy(file)];
        }
        return [.. OurProgram.Words];
    });

    // Beside the test's own build lies all that it needs; the native program is alone.
    private static string Copy(string program)
    {
        var copy = Directory.CreateTempSubdirectory("manifold-test-program-").FullName;
        File.SetUnixFileMode(copy, (UnixFileMode)0b111_101_101);
        foreach (var file in OurProgram.Words.Count == 1 ? [program] : Directory.EnumerateFiles(System.IO.Path.GetDirectoryName(program)!))
            File.Copy(file, System.IO.Path.Combine(copy, System.IO.Path.GetFileName(file)));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => FileTree.Delete(copy);
        return System.IO.Path.Combine(copy, System.IO.Path.GetFileName(program));
    }

    private static async Task<string> MakeAsync()
    {
        if ((await Tool.Try("id", Name)).ExitCode != 0)
            await Tool.Run("useradd", "--create-home", "--shell", "/bin/sh", Name);
        foreach (var (file, flag) in ((string, string)[])[("/etc/subuid", "--add-subuids"), ("/etc/subgid", "--add-subgids")])
        {
            if (!File.Exists(file) || !File.ReadLines(file).Any(line => line.StartsWith(Name + ":", StringComparison.Ordinal)))
                await Tool.Run("usermod", flag, "900000-965535", Name);
        }
        return $"{(await Tool.Run("id", "--user", Name)).Trim()}:{(await Tool.Run("id", "--group", Name)).Trim()}";
    }
}
