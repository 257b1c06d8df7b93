using System.Collections.Immutable;
using System.Globalization;
using Manifold.Linux;
using Manifold.Snapshots;

namespace Manifold.Sandbox;

/// <summary>
/// Makes what a RUN's mounts show: overlays of layers, folders whose writes are thrown away, files in memory. On an
/// <see cref="IsolatedThread"/>.
/// </summary>
/// <remarks>Owned by one run. All of it is undone by <see cref="Unmount"/>, and by the kernel where that is not reached.</remarks>
internal sealed class RunMounts(RunFolder run, SnapshotStore snapshots, CancellationToken cancellation)
{
    private readonly Stack<string> mounted = new();

    /// <summary>
    /// The bundle's folder becomes memory that nobody else sees:
    /// variables and files that are secret are on no disk, also while the run lasts.
    /// </summary>
    public void HideBundle()
    {
        MountCalls.Mount("tmpfs", run.Bundle, "tmpfs", MountCalls.Flags.None, "mode=700");
        mounted.Push(run.Bundle);
    }

    /// <summary>The mounts as the runtime is told of them, a folder before what is mounted within it.</summary>
    public ImmutableArray<Bundle.Mount> Make(ImmutableArray<SandboxMount> mounts) =>
        [.. mounts.OrderBy(mount => mount.Target, StringComparer.Ordinal)
            .Select((mount, i) => Make(mount, i.ToString(CultureInfo.InvariantCulture)))];

    private Bundle.Mount Make(SandboxMount mount, string name) => mount.Kind switch
    {
        // Not what is mounted further below: "read-only" would not reach it.
        MountKind.Bind when mount.Below.Length > 0 =>
            new Bundle.Mount(mount.Target, "bind", Part(mount, name), ["bind", mount.ReadOnly ? "ro" : "rw"]),
        MountKind.Bind => new Bundle.Mount(mount.Target,
            "bind", mount.DiscardsWrites ? Discarding(mount.Source!, name) : mount.Source!, ["bind", mount.ReadOnly ? "ro" : "rw"]),
        MountKind.Tmpfs => new Bundle.Mount(mount.Target,
            "tmpfs", "tmpfs", ["nosuid", .. mount.SizeBytes is { } size ? [$"size={size}"] : (ReadOnlySpan<string>)[]]),
        MountKind.Layers => new Bundle.Mount(mount.Target, "bind", Stacked(mount, name), ["bind", mount.ReadOnly ? "ro" : "rw"]),
        MountKind.Memory => new Bundle.Mount(mount.Target, "bind", InMemory(mount, name),
            ["bind", "ro", "nosuid", "nodev", .. (mount.Mode & 0b001_001_001) == 0 ? ["noexec"] : (ReadOnlySpan<string>)[]]),
        _ => throw new InvalidOperationException($"A mount of kind {mount.Kind} is not known here."),
    };

    private string Stacked(SandboxMount mount, string name)
    {
        var lowers = OverlayChain.Lowers(snapshots, mount.Layers, cancellation);
        // Nothing to stack: a folder of our own is as empty as FROM scratch.
        var view = lowers.IsEmpty ? run.View(name) : Stack(lowers, name, mount.ReadOnly);
        return ScopedPath.Resolve(view, mount.Source ?? "");
    }

    /// <summary>Mounted by its descriptor: another RUN that writes there cannot put a link in its place.</summary>
    private string Part(SandboxMount mount, string name)
    {
        var folder = DirectoryHandle.Open(mount.Source!);
        try
        {
            foreach (var part in Path.GetFullPath(mount.Below, "/").Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                using var above = folder;
                folder = above.TryOpenFolder(part, out _)
                    ?? throw new UsageException($"The mount on {mount.Target}: '{mount.Below}' is not a folder in the cache. "
                        + "Create it in an earlier RUN that mounts the whole cache.");
            }
            var view = run.View(name);
            MountCalls.Bind(folder.DescriptorPath, view);
            mounted.Push(view);
            return view;
        }
        finally
        {
            folder.Dispose();
        }
    }

    private string Discarding(string source, string name)
    {
        if (Directory.Exists(source))
            return Stack([source], name, readOnly: false);
        var copy = Path.Combine(run.View(name), "file");
        File.Copy(source, copy);
        return copy;
    }

    private string Stack(ImmutableArray<string> lowers, string name, bool readOnly)
    {
        var view = run.View(name);
        var changes = readOnly ? null : Directory.CreateDirectory(Path.Combine(run.Path, "written-" + name)).FullName;
        if (changes is not null)
            FolderAttributes.Copy(lowers[0], changes);
        new Overlay { Lowers = lowers, Upper = changes }.Mount(view, run.Scratch("mount-" + name));
        mounted.Push(view);
        return view;
    }

    private string InMemory(SandboxMount mount, string name)
    {
        var path = Path.Combine(run.Bundle, "file-" + name);
        using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.Write(file, mount.Content.Span, 0);
            DirectoryHandle.SetOwnerAndMode(file, mount.Uid, mount.Gid, mount.Mode);
        }
        return path;
    }

    /// <summary>Idempotent.</summary>
    public void Unmount()
    {
        while (mounted.TryPop(out var path))
            MountCalls.UnmountIfMounted(path);
    }
}
