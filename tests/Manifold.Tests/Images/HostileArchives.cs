using System.Formats.Tar;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Tests.Images;

/// <summary>Archives whose writer means harm, or whose disk did: they end in an answer or in a refusal that says what is wrong.</summary>
[Collection(nameof(MeasuringMemory))]
public sealed class HostileArchives : WithPlaces
{
    [Theory]
    [InlineData("../index.json", "outside")]
    [InlineData("a/../../b", "outside")]
    public void a_path_that_leads_out_is_refused(string path, string message) =>
        Refused(message, tar => tar.WriteEntry(File(path, "x")));

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../etc/passwd")]
    public void a_link_that_leads_out_is_refused(string target) =>
        Refused("outside the archive", tar => tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "index.json")
        {
            LinkName = target,
        }));

    [Fact]
    public void links_in_a_circle_end() => Refused("form a loop", tar =>
    {
        tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "oci-layout") { LinkName = "index.json" });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "index.json") { LinkName = "oci-layout" });
    });

    [Fact]
    public void two_entries_of_one_name_are_refused() => Refused("two entries with the name 'index.json'", tar =>
    {
        tar.WriteEntry(File("index.json", "{}"));
        tar.WriteEntry(File("./index.json", "[]"));
    });

    [Theory]
    [InlineData(700)]
    [InlineData(1030)]
    public void a_tar_that_was_cut_is_refused(int length)
    {
        var whole = Tar(tar => tar.WriteEntry(File("index.json", new string('x', 2000))));
        Assert.Contains("ends in the middle",
            Assert.ThrowsAny<ManifoldException>(() => Resolve(whole[..length])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_header_that_claims_a_huge_record_costs_no_memory()
    {
        var tar = Tar(writer => writer.WriteEntry(File(new string('n', 200), "x")));
        Encoding.ASCII.GetBytes("17777777777").CopyTo(tar, 124); // 2 GiB of PAX records
        Reseal(tar);
        var before = GC.GetTotalAllocatedBytes(); // of all threads: reading may go on in another

        Assert.Contains("a record of", Assert.ThrowsAny<ManifoldException>(() => Resolve(tar)).Message, StringComparison.Ordinal);

        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 50_000_000);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"manifests":null}""")]
    [InlineData("""{"manifests":[null]}""")]
    [InlineData("""{"manifests":[{"mediaType":"x","digest":"sha256:../../etc/passwd","size":1}]}""")]
    public void an_index_that_is_none_is_refused(string json) => Refused("", tar =>
    {
        tar.WriteEntry(File("oci-layout", "{}"));
        tar.WriteEntry(File("index.json", json));
    });

    [Fact]
    public async Task an_index_that_is_listed_again_and_again_is_opened_once()
    {
        var top = await Store.WriteAsync(
            new Manifest { Config = await Store.WriteAsync("{}"u8.ToArray(), MediaType.Config), Layers = [] }.ToJson(), MediaType.Manifest)
            with
        {
            Platform = new PlatformFields { Os = "linux", Architecture = "amd64" },
        };
        for (var depth = 0; depth < 3; depth++) // with four megabytes for each, this would be a thousand million entries
            top = await Store.WriteAsync(new ImageIndex { Manifests = [.. Enumerable.Repeat(top, 50)] }.ToJson(), MediaType.Index);
        Store.Tags.Set(ImageReference.Parse("bomb:1"), top);

        var tree = await ImageTree.ReadAsync(Open("store:bomb:1"), top);
        var resolved = await new Puller(Client, Store, new BlobOrigins(Store))
            .ResolveAsync(ImageReference.Parse("bomb:1").WithDigest(top.Digest));

        Assert.Equal((3, 50, 50), (tree.Indexes.Length, tree.Manifests.Length, resolved.Entries.Length));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("""[{"Config":"c","Layers":[null]}]""")]
    [InlineData("""[{"Config":"../c","Layers":[]}]""")]
    [InlineData("""[{"Config":"c","RepoTags":[null],"Layers":["l"]}]""")]
    public void a_docker_manifest_that_is_none_is_refused(string json)
    {
        var tar = Tar(writer => writer.WriteEntry(File("manifest.json", json)));
        Assert.ThrowsAny<ManifoldException>(() => Resolve(tar, "docker-archive"));
    }

    [Fact]
    public async Task whatever_bytes_change_there_is_an_answer_or_a_refusal()
    {
        await StoredAsync("app:1", "linux/amd64", "linux/arm64");
        await new OciArchiveTarget(ArchiveDestination.ToFile(Folder["good.tar"]), ["app"])
            .WriteAsync(Open("store:app:1"), await ImageParts.ReadAsync(Open("store:app:1"), false));
        var good = await System.IO.File.ReadAllBytesAsync(Folder["good.tar"]);
        var change = from at in Gen.Choose(0, good.Length - 1)
                     from value in Gen.Elements((byte)0,
                         (byte)'.', (byte)'/', (byte)'2', (byte)'1', (byte)'x', (byte)'7', (byte)0x80, (byte)0xFF, (byte)'"', (byte)'}')
                     select (at, value);
        Prop.ForAll(change.NonEmptyListOf().ToArbitrary(), changes =>
        {
            var changed = good.ToArray();
            foreach (var (at, value) in changes)
                changed[at] = value;
            Reseal(changed);
            try
            {
                Read(changed);
            }
            catch (ManifoldException)
            {
                // A refusal is as good; anything else would be a fault of ours.
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private void Refused(string message, Action<TarWriter> write) =>
        Assert.Contains(message, Assert.ThrowsAny<ManifoldException>(() => Resolve(Tar(write))).Message, StringComparison.Ordinal);

    private void Resolve(byte[] tar, string transport = "oci-archive") => Placed(tar, transport).ResolveAsync().GetAwaiter().GetResult();

    private void Read(byte[] tar) => ReadWholeAsync(Placed(tar, "oci-archive")).GetAwaiter().GetResult();

    private IImageSource Placed(byte[] tar, string transport)
    {
        System.IO.File.WriteAllBytes(Folder["x.tar"], tar);
        return Open($"{transport}:{Folder["x.tar"]}");
    }

    private static PaxTarEntry File(string path, string content) =>
        new(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) };

    private static byte[] Tar(Action<TarWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, leaveOpen: true))
            write(writer);
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
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0", block[148..]);
        }
    }
}
