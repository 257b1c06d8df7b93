using System.Text;
using Manifold.Linux;
using Manifold.Planning;

namespace Manifold.Tests.Linux;

/// <summary>A name of a file is any bytes but the slash and zero: whatever walks over folders finds all of them.</summary>
public sealed class NamesThatAreBytes : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void a_walk_finds_each_by_its_bytes_and_follows_no_link()
    {
        NamesOfBytes.Write(folder["walked"], NamesOfBytes.Latin1, "1");
        NamesOfBytes.Write(folder["walked"], NamesOfBytes.OtherLatin1, "22");
        NamesOfBytes.Write(folder["walked"] + "/sub\udcff", "x\udcfe", "333");
        folder.Write("elsewhere/file", "not here");
        Directory.CreateSymbolicLink(folder["walked/link"], folder["elsewhere"]);

        var found = FileTree.FilesBelow(folder["walked"]).OrderBy(file => file.Path, StringComparer.Ordinal).ToList();

        Assert.Equal([NamesOfBytes.OtherLatin1, NamesOfBytes.Latin1, "link", "sub\udcff/x\udcfe"], found.Select(file => file.Path));
        Assert.Equal([2, 1, 3], found.Where(file => file.Status.IsRegularFile).Select(file => file.Status.Size));
        Assert.Equal(6, FileTree.SizeOf(folder["walked"]));
    }

    [Fact]
    public void a_walk_passes_over_the_folders_that_it_does_not_enter() =>
        Assert.Equal(["a/kept"], Walked("a/kept", "a/.git/config", ".git/config"));

    [Fact]
    public void a_size_counts_a_file_of_several_names_once_as_du_does()
    {
        NamesOfBytes.Write(folder["walked"], "one", "1234567");
        using (var handle = DirectoryHandle.Open(folder["walked"]))
            Assert.True(handle.TryLink(handle, "one", "two"));
        Assert.Equal(7, FileTree.SizeOf(folder["walked"]));
        Assert.Equal(0, FileTree.SizeOf(folder["nowhere"]));
    }

    [Fact]
    public void names_that_differ_in_such_a_byte_have_different_keys()
    {
        Assert.NotEqual(Key(NamesOfBytes.Latin1), Key(NamesOfBytes.OtherLatin1));
        // Every other name keeps the key that it had.
        Assert.Equal(Key("Grüße 😀"), new KeyBuilder().Add(Encoding.UTF8.GetBytes("Grüße 😀")).ToDigest());
    }

    private static Manifold.Oci.Digest Key(string name) => new KeyBuilder().Add(name).ToDigest();

    private IEnumerable<string> Walked(params string[] files)
    {
        foreach (var file in files)
            folder.Write($"walked/{file}", "");
        return FileTree.FilesBelow(folder["walked"], enters: name => name != ".git").Select(file => file.Path);
    }
}
