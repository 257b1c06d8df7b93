using System.Globalization;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>What keeps an ordinary user of this machine from a user namespace of his own, and the command that mends it.</summary>
/// <remarks>
/// Settings are looked at before anything is tried: they say what to do, where a failed trial only says that it failed. Root is told what
/// ordinary users will meet, as far as that does not depend on who they are.
/// </remarks>
/// <param name="root">Stands for <c>/</c> of what is the system's.</param>
internal sealed class UserNamespaceSurvey(string? searchPath, string root = "/")
{
    private const string NewUidMap = "newuidmap", Clone = "kernel.unprivileged_userns_clone",
        Most = "user.max_user_namespaces", AppArmor = "kernel.apparmor_restrict_unprivileged_userns";

    public sealed record Obstacle(string Found, string Remedy);

    /// <summary>The first thing in the way; null where the way is open.</summary>
    public async Task<Obstacle?> FindAsync()
    {
        if (OfMachine() is { } machine)
            return machine;
        if (!await KnowsMapAutoAsync().ConfigureAwait(false))
            return new Obstacle("unshare is older than 2.38 and cannot map subordinate ids", "sudo manifold …");
        if (User.IsRoot)
            return Setting(AppArmor) == 1 ? OfAppArmor() : null;
        if (OfUser() is { } user)
            return user;
        return await UserNamespaceEntry.TryAsync().ConfigureAwait(false) is not { } said ? null
            : Setting(AppArmor) == 1 ? OfAppArmor()
            : new Obstacle($"the system does not allow one ({said.ReplaceLineEndings("; ")})", "in a container, "
                + "start the container with --privileged or --security-opt seccomp=unconfined; outside a container: sudo manifold …");
    }

    /// <summary>What does not depend on the user.</summary>
    internal Obstacle? OfMachine() =>
        Environment.OSVersion.Version < new Version(5, 11) ? new($"the kernel {Environment.OSVersion.Version} is older than 5.11, "
            + "the first one that mounts overlayfs in a user namespace", "sudo manifold …")
        : Setting(Most) is 0 or null ? new($"{Most} is {Setting(Most)?.ToString(CultureInfo.InvariantCulture) ?? "unknown to the kernel"}",
            $"sudo sysctl -w {Most}=15000")
        : Setting(Clone) == 0 ? new($"{Clone} is 0", $"sudo sysctl -w {Clone}=1")
        : ChildProcess.Find("unshare", searchPath) is null ? new("unshare is not installed", "sudo apt-get install util-linux")
        : ChildProcess.Find(NewUidMap, searchPath) is null ? new($"{NewUidMap} is not installed", "sudo apt-get install uidmap")
        : null;

    /// <summary>What depends on the user, and on how this process was started.</summary>
    internal Obstacle? OfUser()
    {
        var name = Environment.UserName;
        if (new[] { "etc/subuid", "etc/subgid" }.FirstOrDefault(file => !Names(file, name)) is { } file)
            return new($"/{file} has no line for {name}",
                $"sudo usermod --add-subuids {FreeRange("etc/subuid")} --add-subgids {FreeRange("etc/subgid")} {name}");
        return File.ReadLines("/proc/self/status")
            .Any(line => line.StartsWith("NoNewPrivs:", StringComparison.Ordinal) && line.EndsWith('1'))
            ? new("this process cannot gain privileges (no_new_privs), "
                + $"which {NewUidMap} needs", "start it without no-new-privileges (allowPrivilegeEscalation: false)") : null;
    }

    private static Obstacle OfAppArmor() => new($"{AppArmor} is 1", $"sudo sysctl -w {AppArmor}=0");

    private bool Names(string file, string user) =>
        Lines(file).Any(line => line[0] == user || line[0] == User.Id.ToString(CultureInfo.InvariantCulture));

    // Behind everybody else's, as useradd has it.
    private string FreeRange(string file)
    {
        var first = Lines(file).Where(line => line.Length == 3)
            .Select(line => long.TryParse(line[1], out var begin) && long.TryParse(line[2], out var count) ? begin + count : 0)
            .Append(100_000)
            .Max();
        return string.Create(CultureInfo.InvariantCulture, $"{first}-{first + 65_535}");
    }

    private IEnumerable<string[]> Lines(string file) =>
        Path.Combine(root, file) is var path && File.Exists(path) ? File.ReadLines(path).Select(line => line.Trim().Split(':')) : [];

    private long? Setting(string name)
    {
        var path = Path.Combine(root, "proc/sys", name.Replace('.', '/'));
        return File.Exists(path) && long.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    private static async Task<bool> KnowsMapAutoAsync() =>
        await ChildProcess.RunAsync("unshare", ["--help"]).ConfigureAwait(false) is { } help
            && help.Output.Contains("--map-auto", StringComparison.Ordinal);
}
