using System.Collections.Immutable;
using Manifold.Linux;
using static Manifold.Sandbox.AccountFiles;

namespace Manifold.Sandbox;

/// <summary>Who a RUN is: numbers from the image's own /etc/passwd and /etc/group.</summary>
/// <remarks>
/// As BuildKit has it: <c>uid:gid</c> is taken without a look into the files and has no further groups; otherwise a user's
/// group is that of its passwd entry, and without <c>:group</c> it is in all groups that name it. A number without an entry
/// is that number, in group 0. Nothing is the user 0, with root's further groups; <c>:group</c> is the user 0 in that group.
/// </remarks>
internal sealed record ContainerUser(uint Uid, uint Gid, ImmutableArray<uint> Groups, string Home)
{
    /// <exception cref="UsageException">The image has no such user or group.</exception>
    public static ContainerUser Resolve(string root, string user)
    {
        var users = Users(Lines(root, "/etc/passwd")).ToImmutableArray();
        var (name, group) = user.IndexOf(':') is >= 0 and var colon ? (user[..colon], user[(colon + 1)..]) : (user, "");
        if (name.Length == 0)
            name = "0"; // nobody named, or :group alone
        if (NumberOrRoot(name) is { } plainUid && NumberOrRoot(group) is { } plainGid)
            return new ContainerUser(plainUid, plainGid, [plainGid], HomeOf(users, plainUid));

        var entry = users.FirstOrDefault(entry => entry.Name == name || Number(name) == entry.Uid);
        var uid = entry?.Uid ?? Number(name) ?? throw Unknown(user, "user", name, "passwd");
        var groups = AccountFiles.Groups(Lines(root, "/etc/group")).ToImmutableArray();
        var gid = group.Length == 0 ? entry?.Gid ?? 0
            : groups.FirstOrDefault(entry => entry.Name == group || Number(group) == entry.Gid)?.Gid
                ?? Number(group)
                ?? throw Unknown(user, "group", group, "group");
        var further = group.Length > 0 || entry is null
            ? []
            : groups.Where(candidate => candidate.Members.Contains(entry.Name)).Select(candidate => candidate.Gid);
        return new ContainerUser(uid, gid, [.. further.Prepend(gid).Distinct()], HomeOf(users, uid));
    }

    // root:root is known also where no file says so.
    private static uint? NumberOrRoot(string text) => text == "root" ? 0 : Number(text);

    private static UsageException Unknown(string user, string noun, string name, string file) =>
        new($"USER {user}: the image has no {noun} '{name}' in its /etc/{file}. Create it in an earlier RUN, or use its number.");

    private static string HomeOf(ImmutableArray<PasswdEntry> users, uint uid) =>
        users.FirstOrDefault(entry => entry.Uid == uid)?.Home is { Length: > 0 } home ? home : "/";

    private static IEnumerable<string> Lines(string root, string path)
    {
        var file = new FileInfo(ScopedPath.Resolve(root, path));
        if (DirectoryHandle.StatusOf(file.FullName) is not { IsRegularFile: true })
            return []; // a pipe would keep us waiting
        if (file.Length > Limits.DocumentBytes)
            throw new UsageException($"Reading the image's {path}: the file has {file.Length} bytes. The limit is {Limits.DocumentBytes}.");
        return File.ReadLines(file.FullName);
    }
}
