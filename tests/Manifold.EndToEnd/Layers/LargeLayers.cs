using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.EndToEnd.Layers;

/// <summary>185 bytes of layer make 1,900 folders, each in the next; a million entries may lie in them.</summary>
public sealed class LayersOfDeepFolders : IDisposable
{
    private readonly TemporaryFolder folder = new(TemporaryFolder.InMemory);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void are_unpacked_and_removed_however_deep()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Owners need root.");
        // 4,093 bytes, and below the folder more than the kernel takes in one path
        var path = string.Join('/', Enumerable.Repeat("d", 2_047));
        new FolderWriter(folder["fs"], FolderFormat.Plain).Write([FileTrees.FileEntry(path)], TestContext.Current.CancellationToken);
        Assert.Equal(2_047, new FolderReader(folder["fs"]).Entries().Count());
        FileTree.Delete(folder["fs"]);
        Assert.False(Directory.Exists(folder["fs"]));
    }
}
