using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.EndToEnd.Layers;

public sealed class ReadingTarsOfOthers
{
    [Theory]
    [InlineData("tar --format=gnu", "fifo char block capable")]
    [InlineData("tar --format=pax --xattrs --xattrs-include=*", "")]
    [InlineData("tar --format=pax --xattrs --xattrs-include=* --hard-dereference", "z-hardlink z-hardlinked-symlink")]
    public async Task gnu_tar_lost_nothing(string tar, string without)
    {
        using var folder = new TemporaryFolder();
        var source = await RealTrees.Make(folder, "source", RealTrees.Everything);
        await RealTrees.Shell(source, RealTrees.Privileged);
        // What this format cannot hold is not ours to keep.
        foreach (var name in without.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            File.Delete(Path.Combine(source, name));
        if (tar.Contains("gnu", StringComparison.Ordinal))
            await RealTrees.Shell(source, "setfattr -x user.binary a/hello; setfattr -x user.empty a/hello; "
                + "setfattr -x user.onfolder a/deep; setfattr -x trusted.mine zero");
        await RealTrees.Shell(source, $"{tar.Replace("*", "'*'", StringComparison.Ordinal)} -cf ../it.tar .");
        FileTrees.Unpack(folder["it.tar"], folder["unpacked"]);
        Assert.Equal(await RealTrees.Describe(source), await RealTrees.Describe(folder["unpacked"]));
    }

    [Theory]
    [InlineData("tar --format=v7 -cf ../it.tar plain")]
    [InlineData("tar --format=oldgnu -cf ../it.tar plain")]
    [InlineData("tar --format=ustar -cf ../it.tar plain")]
    [InlineData("bsdtar --format=ustar -cf ../it.tar plain")]
    [InlineData("bsdtar --format=pax -cf ../it.tar plain")]
    [InlineData("bsdtar --format=gnutar -cf ../it.tar plain")]
    [InlineData("python3 -c 'import tarfile; tar = tarfile.open(\"../it.tar\", \"w\", format=tarfile.PAX_FORMAT); "
        + "tar.add(\"plain\"); tar.close()'")]
    [InlineData("python3 -c 'import tarfile; tar = tarfile.open(\"../it.tar\", \"w\", format=tarfile.GNU_FORMAT); "
        + "tar.add(\"plain\"); tar.close()'")]
    [InlineData("python3 -c 'import tarfile; tar = tarfile.open(\"../it.tar\", \"w\", format=tarfile.USTAR_FORMAT); "
        + "tar.add(\"plain\"); tar.close()'")]
    public async Task a_plain_tree_comes_out_as_it_went_in(string command)
    {
        using var folder = new TemporaryFolder();
        var source = await RealTrees.Make(folder, "source", """
            mkdir -p plain/sub; echo x > plain/x; chmod 4711 plain/x; ln -s x plain/link; ln plain/x plain/sub/hard; chown 10:20 plain/sub
            head -c 5000 /dev/urandom > plain/sub/five; touch -d @1500000000 plain/sub plain/x plain plain/sub/five; touch -h -d @1500000000 plain/link
            """);
        Assert.SkipWhen(command.StartsWith("bsdtar", StringComparison.Ordinal) && ChildProcess.Find("bsdtar", null) is null,
            "'bsdtar' is not installed here; test.sh installs it.");
        await RealTrees.Shell(source, command);
        FileTrees.Unpack(folder["it.tar"], folder["unpacked"]);
        Assert.Equal(await RealTrees.Describe(source), await RealTrees.Describe(folder["unpacked"]));
    }

    [Fact]
    public async Task bsdtar_s_own_spelling_of_attributes_is_read()
    {
        using var folder = new TemporaryFolder();
        var source = await RealTrees.Make(folder, "source", "echo x > 'a b%c'; setfattr -n user.binary -v 0x00ff0a3dfe80 'a b%c'");
        await Tool.Run("bsdtar", "--format=pax", "--xattrs", "-cf", folder["it.tar"], "-C", source, "a b%c");
        FileTrees.Unpack(folder["it.tar"], folder["unpacked"]);
        Assert.Equal(await RealTrees.Describe(source), await RealTrees.Describe(folder["unpacked"]));
    }

    [Theory]
    [InlineData("git init -q && git add x && git -c user.name=x -c user.email=x@y commit -qm x && git archive -o ../it.tar HEAD")]
    [InlineData("tar --format=pax --pax-option=globexthdr.name=g,comment=x,mtime=1.5 -cf ../it.tar x")]
    [InlineData("tar --format=gnu --label=volume -cf ../it.tar x")]
    public async Task records_for_all_entries_and_labels_are_read_over(string command)
    {
        using var folder = new TemporaryFolder();
        var name = "x/" + new string('n', 200);
        var source = await RealTrees.Make(folder, "source", $"mkdir x; echo x > {name}");
        await RealTrees.Shell(source, command);
        using var tar = File.OpenRead(folder["it.tar"]);
        Assert.Contains(name, new TarReader(tar, "test").Entries().Select(entry => entry.Path));
    }

    [Fact]
    public async Task a_sparse_file_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        var source = await RealTrees.Make(folder, "source", "truncate -s 1M holes; echo x >> holes");
        foreach (var format in new[] { "gnu", "pax" })
        {
            await Tool.Run("tar", "--sparse", $"--format={format}", "-cf", folder["it.tar"], "-C", source, "holes");
            var refusal = Assert.Throws<LayerException>(() => FileTrees.Unpack(folder["it.tar"], folder["unpacked"]));
            Assert.Contains("sparse", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("holes", refusal.Message, StringComparison.Ordinal);
        }
    }
}
