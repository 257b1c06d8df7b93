using System.Globalization;
using System.Text;
using Manifold.Content;

namespace Manifold.Sandbox;

/// <summary>Where one RUN keeps its things, in the process's work folder.</summary>
internal sealed class RunFolder
{
    public const string Prefix = "run-";

    private const string GroupNote = "control-group";

    public RunFolder(string workFolder, int number)
    {
        Id = IdOf(workFolder, number.ToString(CultureInfo.InvariantCulture));
        Path = System.IO.Path.Combine(workFolder, $"{Prefix}{number}");
        foreach (var folder in (ReadOnlySpan<string>)[Image, Root, MountPoints, Changes, Bundle])
            Directory.CreateDirectory(folder);
    }

    /// <summary>Unique on this machine, and tells whose work folder it belongs to.</summary>
    public string Id { get; }

    public string Path { get; }
    public string Image => In("view");
    public string Root => In("root");
    public string MountPoints => In("mount-points");
    public string Changes => In("changes");
    public string Bundle => In("bundle");
    // With the bundle, which a run hides: so a RUN's table of mounts does not tell where the store is.
    public string Hosts => System.IO.Path.Combine(Bundle, "hosts");
    public string ResolvConf => System.IO.Path.Combine(Bundle, "resolv.conf");

    /// <summary>Where the mount called <paramref name="name"/> is put together; made by the call.</summary>
    public string View(string name) => Directory.CreateDirectory(In("mount-" + name)).FullName;

    /// <summary>For the overlay mount called <paramref name="name"/>.</summary>
    public string Scratch(string name) => In("overlay-" + name);

    /// <summary>
    /// Notes the control group's place if it is not the usual one,
    /// so that the cleanup of an abandoned folder can remove it.
    /// </summary>
    public void NoteGroup(string? parent)
    {
        if (parent is not null && Cgroups.PathOf(Id, parent) is { } group)
            Store.ReplaceFile(In(GroupNote), Encoding.UTF8.GetBytes(group));
    }

    /// <summary>The control group that an abandoned run wrote down; null without a note of a group of this run's own.</summary>
    /// <remarks>All in the group is killed. A note that a power failure emptied or cut names the whole machine, or others.</remarks>
    public static string? NoteOf(string folder)
    {
        var note = System.IO.Path.Combine(folder, GroupNote);
        return File.Exists(note) && File.ReadAllText(note) is var group && IsOwn(group, folder) ? group : null;
    }

    private static bool IsOwn(string group, string folder)
    {
        var (work, name) = (System.IO.Path.GetDirectoryName(folder), System.IO.Path.GetFileName(folder));
        return name.StartsWith(Prefix, StringComparison.Ordinal) && group.StartsWith('/')
            && group.Split('/') is var parts && !parts.Contains("..") && parts[^1] == IdOf(work, name[Prefix.Length..]);
    }

    private static string IdOf(string? workFolder, string number) => $"{System.IO.Path.GetFileName(workFolder)}-{number}";

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
