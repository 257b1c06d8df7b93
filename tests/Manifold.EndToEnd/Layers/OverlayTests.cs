using Manifold.Content;
using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.EndToEnd.Layers;

/// <summary>What a container changes on overlayfs, as a layer: every way to put it back together gives what the container saw.</summary>
public sealed class ChangesOnOverlayfs
{
    private const string Lower = """
        set -e
        mkdir -p etc/conf.d usr/bin gone/deep replaced keep usr/share/doc; echo 1 > etc/one; echo 2 > etc/conf.d/two; echo x > gone/deep/x; echo r > replaced/r
        echo old > replaced/old; echo tool > usr/bin/tool; ln usr/bin/tool usr/bin/tool2; ln -s usr/bin bin; echo f > file-to-folder; mkdir folder-to-file; echo y > folder-to-file/y
        chmod 2750 keep; chown 7:8 keep; echo doc > usr/share/doc/doc; echo same > keep/same; echo "$(printf 'raw\377')" > "$(printf 'raw\377')"
        """;

    private const string Changes = """
        set -e
        rm etc/one; rm -r gone; rm -r replaced; mkdir replaced; echo new > replaced/new; rm file-to-folder; mkdir file-to-folder; echo in > file-to-folder/in
        rm -r folder-to-file; echo now > folder-to-file; echo more >> usr/bin/tool; ln usr/bin/tool linked; chmod 4755 usr/bin/tool; ln -s /etc etc/self
        mkdir -p keep/new/deep; echo z > keep/new/deep/z; setcap cap_net_raw+ep usr/bin/tool; setfattr -n user.x -v y keep; mknod null c 1 3; mkfifo pipe
        rm "$(printf 'raw\377')"; echo other > "$(printf 'r\376w')"; touch -d @1500000000 usr/share/doc/doc; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
        mv etc/conf.d etc/conf.moved; chmod 711 usr
        """;

    [Fact]
    public async Task are_the_same_in_every_form()
    {
        using var folder = new TemporaryFolder();
        var lower = await RealTrees.Make(folder, "lower", Lower);
        foreach (var name in new[] { "upper", "work", "merged", "merged2" })
            Directory.CreateDirectory(folder[name]);
        await Mounted(folder, "merged", $"lowerdir={lower},upperdir={folder["upper"]},workdir={folder["work"]}", async merged =>
        {
            await RealTrees.Shell(merged, Changes);
            var expected = await RealTrees.Describe(merged);
            var entries = new LayerWriter(new FileTime(long.MaxValue)).Ordered(new FolderReader(folder["upper"]).Entries());
            Assert.DoesNotContain(entries, entry => entry.Xattrs.Keys.Any(key => key.Contains("overlay", StringComparison.Ordinal)));

            // Applied on a copy of the lower layer, from a tar.
            await RealTrees.Shell(folder.Path, "cp -a lower applied");
            FileTrees.Unpack(FileTrees.WriteTar(folder["layer.tar"], entries), folder["applied"]);
            Assert.Equal(expected, await RealTrees.Describe(folder["applied"]));

            // Unpacked for overlayfs, and mounted over the lower layer again.
            var unpacked = FileTrees.Unpack(folder["layer.tar"], folder["snapshot"], FolderFormat.Overlay);
            await Mounted(folder, "merged2", $"lowerdir={folder["snapshot"]}:{lower}", async again =>
                Assert.Equal(expected, await RealTrees.Describe(again)));

            // Seen as a chain of folders, and of tables of contents, without a mount.
            using var below = new SnapshotFolder(lower);
            using var above = new SnapshotFolder(folder["snapshot"], unpacked.ImpliedFolders);
            new FolderWriter(folder["copied"], FolderFormat.Plain).Write(new Chain([below, above]).Subtree(""));
            Assert.Equal(Unlinked(expected), Unlinked(await RealTrees.Describe(folder["copied"])));
            var contents = new Chain([TableOfContents.Of(FileTrees.Entries(lower)), unpacked.Contents]);
            Assert.Equal(Lines(FileTrees.Entries(merged)), Lines(contents.Subtree("")));
        });
    }

    [Fact]
    public async Task are_the_same_layer_from_the_upper_folder_and_from_its_snapshot()
    {
        using var folder = new TemporaryFolder();
        var lower = await RealTrees.Make(folder, "lower", Lower);
        foreach (var name in new[] { "upper", "work", "merged" })
            Directory.CreateDirectory(folder[name]);
        await Mounted(folder, "merged", $"lowerdir={lower},upperdir={folder["upper"]},workdir={folder["work"]}",
            async merged => await RealTrees.Shell(merged, Changes));
        using var store = Store.Open(folder["store"]);
        var writer = new LayerWriter(new FileTime(1_700_000_000));
        var stored = await writer.StoreAsync(new FolderReader(folder["upper"]).Entries(), store);
        var unpacked = new LayerReader(store).Unpack(stored.Descriptor!, stored.DiffId, new FolderWriter(folder["snapshot"]));
        var again = new FolderReader(folder["snapshot"]) { ImpliedFolders = unpacked.ImpliedFolders };
        Assert.Equal(stored.DiffId, writer.Hash(again.Entries()).DiffId);
        Assert.Equal(stored.DiffId, writer.Hash(new FolderReader(folder["upper"]).Entries()).DiffId);
    }

    [Fact]
    public async Task leave_out_what_was_only_copied_up()
    {
        using var folder = new TemporaryFolder();
        var upper = await RealTrees.Make(folder, "upper", "mkdir -p a b; echo x > a/x; echo y > b/y");
        var entries = new FolderReader(upper) { SameAsLower = entry => entry.Path is "a" or "a/x" }.Entries();
        Assert.Equal(["b", "b/y"], entries.Select(entry => entry.Path));
    }

    // Hard links of a chain of folders are files of their own.
    private static string Unlinked(string description) =>
        string.Join('\n', description.Split('\n').Where(line => !line.Contains(" = ", StringComparison.Ordinal)));

    private static IEnumerable<string> Lines(IEnumerable<LayerEntry> entries) => entries.Select(entry =>
        $"{entry.Path} {(entry.Kind == EntryKind.HardLink ? EntryKind.File : entry.Kind)}"
            + $" {entry.Mode} {entry.Uid}:{entry.Gid} {(entry.Kind == EntryKind.SymbolicLink ? entry.LinkTarget : "")}");

    private static async Task Mounted(TemporaryFolder folder, string name, string options, Func<string, Task> use)
    {
        var mounted =
            await Tool.Try("mount", "-t", "overlay", "overlay", "-o", options + ",redirect_dir=off,metacopy=off,index=off", folder[name]);
        Assert.SkipWhen(mounted.ExitCode != 0, $"Overlayfs cannot be mounted here: {mounted.Error}");
        try
        {
            await use(folder[name]);
        }
        finally
        {
            await Tool.Run("umount", folder[name]);
        }
    }
}
