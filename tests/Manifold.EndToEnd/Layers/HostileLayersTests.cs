using FsCheck;
using FsCheck.Fluent;
using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.EndToEnd.Layers;

/// <summary>Layers that try to write elsewhere. Around the folder lies a canary, which must be as it was.</summary>
public sealed class HostileLayers
{
    private static LayerEntry Link(string path, string target) => new() { Path = path, Kind = EntryKind.SymbolicLink, LinkTarget = target };
    private static LayerEntry HardLink(string path, string target) => new() { Path = path, Kind = EntryKind.HardLink, LinkTarget = target };

    private static readonly Dictionary<string, LayerEntry[]> Layers = new()
    {
        { "dots in a path", [FileTrees.FileEntry("../canary/file")] },
        { "dots in the middle of a path", [FileTrees.FileEntry("a/../../canary/file")] },
        { "a hard link out", [HardLink("x", "../canary/file"), FileTrees.FileEntry("x")] },
        { "a hard link to a file of the machine", [HardLink("x", "etc/passwd")] },
        { "a file below a link out", [Link("a", "../canary"), FileTrees.FileEntry("a/file")] },
        { "a folder below a link out", [Link("a", "../canary"), FileTrees.FolderEntry("a/folder")] },
        { "a whiteout below a link out", [Link("a", "../canary"), new LayerEntry { Path = "a/file", Kind = EntryKind.Whiteout }] },
        { "an opaque marker on a link out", [Link("a", "../canary"), FileTrees.FileEntry("a/b")] },
        { "a hard link to a file below a link out", [Link("a", "../canary"), HardLink("x", "a/file")] },
        { "a hard link to a link and a write below it", [Link("a", "../canary"), HardLink("b", "a"), FileTrees.FileEntry("b/file")] },
        { "a root that is a link", [Link("", "../canary"), FileTrees.FileEntry("file")] },
        { "a root that is deleted", [new LayerEntry { Path = "", Kind = EntryKind.Whiteout }] },
        { "a hard link to a folder", [FileTrees.FolderEntry("a"), HardLink("b", "a")] },
        { "a hard link to itself", [HardLink("b", "b")] },
        { "a whiteout that is a device", [new LayerEntry { Path = "a", Kind = EntryKind.CharacterDevice }] },
        { "a zero byte in a name", [FileTrees.FileEntry("a\0b")] },
        { "a name that is too long for a disk", [FileTrees.FileEntry(new string('a', 300))] },
        { "a path that is too long", [FileTrees.FileEntry(string.Join('/', Enumerable.Repeat("abc", 1100)))] },
        { "a file below a file", [FileTrees.FileEntry("a"), FileTrees.FileEntry("a/b")] },
    };

    public static TheoryData<string> Attacks => [.. Layers.Keys];

    [Theory]
    [MemberData(nameof(Attacks))]
    public void are_refused_and_write_nothing_outside(string attack)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Owners and device nodes need root.");
        foreach (var format in new[] { FolderFormat.Overlay, FolderFormat.Plain })
        {
            using var trap = new Trap();
            var refusal = Assert.Throws<LayerException>(() => trap.Unpack(Layers[attack], format));
            Assert.True(refusal.Message.Length > 20, attack);
            trap.AssertUntouched();
        }
    }

    [Theory]
    [InlineData("user.a\0b", 1)]
    [InlineData("", 1)]
    [InlineData("user.long", 65537)]
    public void an_attribute_that_no_kernel_takes_is_refused(string attribute, int bytes)
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.Write(FileTrees.FileEntry("file") with { Xattrs = LayerEntryXattrs((attribute, new string('v', bytes))) });
        writer.Finish();
        stream.Position = 0;
        var refusal = Assert.Throws<LayerException>(() => new TarReader(stream, "the layer").Entries().ToList());
        Assert.Contains("'file' has the extended attribute", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_link_out_that_gives_way_to_a_folder_leaves_its_target_alone()
    {
        using var trap = new Trap();
        trap.Unpack([Link("a", "../canary"),
            FileTrees.FolderEntry("a"), FileTrees.FileEntry("a/file"), Link("b", "../canary/file"), FileTrees.FileEntry("b")]);
        trap.AssertUntouched();
        Assert.Equal("content", File.ReadAllText(Path.Combine(trap.Target, "a/file")));
        Assert.Equal("content", File.ReadAllText(Path.Combine(trap.Target, "b")));
    }

    [Fact]
    public void overlayfs_attributes_in_a_layer_are_not_set()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "trusted.* needs root.");
        using var trap = new Trap();
        var xattrs = LayerEntryXattrs(("trusted.overlay.redirect", "/etc"),
            ("trusted.overlay.opaque", "y"), ("security.selinux", "x"), ("user.kept", "z"));
        trap.Unpack([FileTrees.FolderEntry("a") with { Xattrs = xattrs }]);
        var entry = Assert.Single(new FolderReader(trap.Target, FolderFormat.Overlay).Entries());
        Assert.False(entry.Opaque);
        Assert.Equal("user.kept", Assert.Single(entry.Xattrs.Keys));
    }

    [Fact]
    public void whatever_entries_come_nothing_is_written_outside()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Owners and device nodes need root.");
        using var trap = new Trap();
        var names = Gen.Elements("a", "b", "c", "..",
            ".", "a/b", "b/c", "a/b/c", "../canary", "../canary/file", "/a", "a/../b", "c/file", "c/folder", "", ".wh.a", "a\0", "a/");
        var targets = Gen.Elements("..", "../canary", "../canary/file", "/", "a", "b", "c", "../../canary", "a/b", ".", "/etc");
        var entry = from path in names
                    from kind in Gen.Elements(Enum.GetValues<EntryKind>())
                    from target in targets
                    from opaque in Gen.Elements(true, false, false)
                    select new LayerEntry
                    {
                        Path = path,
                        Kind = kind,
                        LinkTarget = target,
                        Mode = 0b111_111_111,
                        Opaque = opaque && kind == EntryKind.Folder,
                        DeviceMajor = 1,
                        DeviceMinor = 3,
                        Size = kind == EntryKind.File ? 7 : 0,
                        Open = FileTrees.FileEntry("x").Open,
                    };
        Check(entry.NonEmptyListOf(), entries =>
        {
            trap.TryUnpack(entries, entries.Count % 2 == 0 ? FolderFormat.Overlay : FolderFormat.Plain);
            trap.AssertUntouched();
        });
    }

    [Fact]
    public void whatever_bytes_change_in_a_tar_nothing_is_written_outside_and_reading_ends()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Owners and device nodes need root.");
        using var trap = new Trap();
        var tar = Tar();
        var change = from at in Gen.Choose(0, tar.Length - 1)
                     from value in Gen.Elements((byte)0,
                         (byte)'.', (byte)'/', (byte)'2', (byte)'1', (byte)'x', (byte)'L', (byte)'7', (byte)0x80, (byte)0xFF, (byte)'9')
                     select (at, value);
        Check(change.NonEmptyListOf(), changes =>
        {
            var changed = tar.ToArray();
            foreach (var (at, value) in changes)
                changed[at] = value;
            Reseal(changed);
            trap.TryUnpack(new TarReader(new MemoryStream(changed), "fuzz").Entries(), FolderFormat.Overlay);
            trap.AssertUntouched();
        });
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, byte[]> LayerEntryXattrs(
        params (string Key, string Value)[] pairs) =>
        System.Collections.Immutable.ImmutableSortedDictionary.CreateRange(
            pairs.Select(pair => KeyValuePair.Create(pair.Key, System.Text.Encoding.UTF8.GetBytes(pair.Value))));

    private static void Check<T>(Gen<T> inputs, Action<T> property) =>
        Prop.ForAll(inputs.ToArbitrary(), property).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static byte[] Tar()
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.Write(FileTrees.FolderEntry("a"));
        writer.Write(Link("c", "../canary"));
        writer.Write(FileTrees.FileEntry("d/file") with { Xattrs = LayerEntryXattrs(("user.x", "y")) });
        writer.Write(HardLink("e", "d/file"));
        writer.Write(FileTrees.FileEntry(new string('l', 200)));
        writer.Finish();
        return stream.ToArray();
    }

    // With right checksums the changes reach the code behind them.
    private static void Reseal(byte[] tar)
    {
        for (var at = 0; at + 512 <= tar.Length; at += 512)
        {
            var block = tar.AsSpan(at, 512);
            if (block.Slice(257, 5).IndexOfAnyExcept("ustar"u8) >= 0)
                continue;
            block.Slice(148, 8).Fill((byte)' ');
            var sum = 0;
            foreach (var b in block)
                sum += b;
            System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0", block[148..]);
        }
    }

    private sealed class Trap : IDisposable
    {
        private readonly TemporaryFolder folder = new();
        private readonly List<string> before;

        internal Trap()
        {
            folder.Write("canary/file", "untouched");
            Directory.CreateDirectory(folder["canary/folder"]);
            before = State();
        }

        internal string Target => folder["target"];

        internal void Unpack(IEnumerable<LayerEntry> entries, FolderFormat format = FolderFormat.Overlay)
        {
            FileTree.Delete(Target);
            new FolderWriter(Target, format).Write(entries);
        }

        internal void TryUnpack(IEnumerable<LayerEntry> entries, FolderFormat format)
        {
            try
            {
                Unpack(entries, format);
            }
            catch (LayerException)
            {
                // Refusal is as good as success; anything else would be a fault of ours.
            }
        }

        internal void AssertUntouched() => Assert.Equal(before, State());

        // Of what lies around the target everything counts: names, content, owner, mode, times of change and number of links.
        private List<string> State()
        {
            using var canary = DirectoryHandle.Open(folder["canary"]);
            return
            [
                .. Directory.GetFileSystemEntries(folder.Path).Where(path => path != Target).Order(),
                .. new[] { "", "file", "folder" }.Select(name => canary.Status(name).ToString()!),
                .. canary.Names().Order(),
                File.ReadAllText(folder["canary/file"]),
            ];
        }

        public void Dispose() => folder.Dispose();
    }
}
