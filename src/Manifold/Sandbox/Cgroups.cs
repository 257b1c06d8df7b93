using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>The control group of each RUN: the runtime makes it to fence devices off; we see to it that it does not stay.</summary>
internal static class Cgroups
{
    private const string Root = "/sys/fs/cgroup";
    private const string Parent = "manifold";
    private const string Processes = "cgroup.procs";

    /// <summary>The unified hierarchy (version 2) of this machine, or null where there is none, or none that is ours to write.</summary>
    private static string? Unified => !UserNamespace.IsInitial
        ? null
        : new[] { Root, Root + "/unified" }.FirstOrDefault(root => File.Exists(Path.Combine(root, "cgroup.controllers")));

    /// <summary>
    /// As the runtime specification's <c>cgroupsPath</c> has it; null where the container stays in our own group: devices are out of reach
    /// of a user namespace anyway.
    /// </summary>
    /// <param name="parent">The group that it is made in; null is ours.</param>
    public static string? PathOf(string id, string? parent = null) =>
        !UserNamespace.IsInitial ? null : $"/{(parent ?? Parent).Trim('/')}/{id}";

    /// <summary>
    /// Shows the runtime a machine with the unified hierarchy alone, where this one has both. On an <see cref="IsolatedThread"/>.
    /// </summary>
    /// <remarks>Runtimes handle the mixture badly or not at all, and would make a group in each of a dozen hierarchies.</remarks>
    public static void HideVersion1()
    {
        if (Unified is { } unified && unified != Root)
            MountCalls.Bind(unified, Root);
    }

    /// <summary>Whether <c>/sys/fs/cgroup</c> can be shown in a RUN; a mixture cannot.</summary>
    public static bool HasUnified => Unified is not null;

    // Where there is a unified hierarchy the runtime is shown no other.
    private static IEnumerable<string> Hierarchies => Unified is { } unified ? [unified]
        : !UserNamespace.IsInitial || !Directory.Exists(Root)
            ? []
            : Directory.GetDirectories(Root).Where(folder => File.Exists(Path.Combine(folder, Processes)));

    /// <summary>Ends what still runs in a RUN's group and removes the group. Done already is done.</summary>
    public static void Remove(string id, string? parent = null)
    {
        if (PathOf(id, parent) is { } group)
            RemoveNoted(group);
    }

    /// <summary>The same, by what <see cref="PathOf"/> gave.</summary>
    public static void RemoveNoted(string group)
    {
        foreach (var hierarchy in Hierarchies)
        {
            if (FolderOf(group, hierarchy) is { } folder)
                RemoveFolder(folder);
        }
    }

    /// <summary>The path of a group in a hierarchy; null if it is the root, which holds every process, or outside the hierarchy.</summary>
    internal static string? FolderOf(string group, string hierarchy)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(hierarchy + group));
        return folder.StartsWith(hierarchy + "/", StringComparison.Ordinal) ? folder : null;
    }

    /// <summary>The same for all RUNs whose id begins so: those of a process that is no more.</summary>
    public static void RemoveAll(string prefix)
    {
        foreach (var parent in Hierarchies.Select(hierarchy => Path.Combine(hierarchy, Parent)).Where(Directory.Exists))
        {
            foreach (var group in Directory.GetDirectories(parent, prefix + "*"))
                RemoveFolder(group);
        }
    }

    private static void RemoveFolder(string group)
    {
        try
        {
            if (!Directory.Exists(group))
                return;
            if (Path.Combine(group, "cgroup.kill") is var kill && File.Exists(kill)) // version 2, Linux 5.14
                File.WriteAllText(kill, "1");
            else
                RunningProcesses.KillAll(File.ReadLines(Path.Combine(group, Processes)));
            // Its processes are dying; the group can go when the last has. The kernel needs a moment, not more.
            for (var attempt = 0; attempt < 100 && File.ReadAllText(Path.Combine(group, Processes)).Length > 0; attempt++)
                Thread.Sleep(10);
            foreach (var inner in Directory.GetDirectories(group))
                RemoveFolder(inner);
            Directory.Delete(group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty group costs nothing, and the run it belonged to is over.
        }
    }
}
