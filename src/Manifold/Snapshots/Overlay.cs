using System.Collections.Immutable;
using System.Globalization;
using Manifold.Linux;

namespace Manifold.Snapshots;

/// <summary>An overlay mount: folders stacked to one, and another that takes the changes.</summary>
/// <remarks>
/// Folders are named to the kernel by short symbolic links in a folder that is entered first: so 500 of them (the kernel's bound) fit into
/// the one page that mount options have, whatever the store's path is, and no character in it needs escaping; and this works on every
/// kernel with overlayfs. The changes are plain overlay format, readable without a mount: no redirects, no metadata-only copies, no index.
/// In a user namespace the kernel takes its marks from <c>user.overlay.*</c> (<c>userxattr</c>, Linux 5.11), and has neither redirects nor
/// metadata-only copies.
/// </remarks>
internal sealed record Overlay
{
    /// <summary>Topmost first. May be empty: the stack then begins with an empty folder.</summary>
    public required ImmutableArray<string> Lowers { get; init; }

    /// <summary>Takes the changes; without it the mount is read-only.</summary>
    public string? Upper { get; init; }

    /// <summary>
    /// Mounts on <paramref name="target"/>. Changes the thread's working folder, so it belongs on an <see cref="IsolatedThread"/>.
    /// </summary>
    /// <param name="scratch">An absent folder on the disk of <see cref="Upper"/>, for this mount alone; it stays until the mount is
    /// gone.</param>
    /// <remarks>
    /// Syncs asked for inside are not done (<c>volatile</c>): what is kept goes into a blob that is synced, and the rest is thrown away.
    /// </remarks>
    public void Mount(string target, string scratch)
    {
        Directory.CreateDirectory(Path.Combine(scratch, "work"));
        // overlayfs refuses a single folder without one for changes, and none at all; an empty one at the bottom alters nothing
        Directory.CreateDirectory(Path.Combine(scratch, "empty"));
        for (var i = 0; i < Lowers.Length; i++)
            File.CreateSymbolicLink(Path.Combine(scratch, Name(i)), Lowers[i]);
        var options = $"index=off,{(UserNamespace.IsInitial ? "metacopy=off,redirect_dir=off" : "userxattr")}"
            + $",lowerdir={string.Concat(Enumerable.Range(0, Lowers.Length).Select(i => Name(i) + ":"))}empty";
        if (Upper is not null)
        {
            File.CreateSymbolicLink(Path.Combine(scratch, "upper"), Upper);
            options += ",upperdir=upper,workdir=work,volatile";
        }
        MountCalls.ChangeFolder(scratch);
        try
        {
            MountCalls.Mount("overlay", target, "overlay", Upper is null ? MountCalls.Flags.ReadOnly : MountCalls.Flags.None, options);
        }
        finally
        {
            MountCalls.ChangeFolder("/");
        }
    }

    private static string Name(int index) => index.ToString(CultureInfo.InvariantCulture);
}
