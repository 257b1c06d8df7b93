namespace Manifold.Sandbox;

/// <summary>Where one RUN keeps its things, in the process's work folder.</summary>
internal sealed class RunFolder
{
    public const string Prefix = "run-";

    private const string GroupNote = "control-group";

    public RunFolder(string workFolder, int number)
    {
        Id = $"{System.IO.Path.GetFileName(workFolder)}-{number}";
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

    /// <summary>Notes the control group's place if it is not the usual one, so that the cleanup of an abandoned folder can remove
    /// it.</summary>
    public void NoteGroup(string? parent)
    {
        if (parent is not null && Cgroups.PathOf(Id, parent) is { } group)
            File.WriteAllText(In(GroupNote), group);
    }

    /// <summary>The notes in an abandoned run's folder.</summary>
    public static string? NoteOf(string folder) => System.IO.Path.Combine(folder, GroupNote) is var note && File.Exists(note)
        ? File.ReadAllText(note)
        : null;

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
