using Manifold.Linux;

namespace Manifold.EndToEnd.Linux;

/// <summary>Once a folder was deleted in which this machine's root was mounted.</summary>
public sealed class DeletingAFolderWithAMountInIt
{
    [Fact]
    public async Task stops_at_the_mount_and_leaves_what_is_beyond()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting needs root.");
        using var folder = new TemporaryFolder();
        folder.Write("elsewhere/canary", "alive");
        folder.Write("doomed/first", "");
        Directory.CreateDirectory(folder["doomed/mounted"]);
        await Tool.Run("mount", "--bind", folder["elsewhere"], folder["doomed/mounted"]);
        try
        {
            var refusal = Assert.Throws<IOException>(() => FileTree.Delete(folder["doomed"]));
            Assert.Contains("umount", refusal.Message, StringComparison.Ordinal);
            Assert.Equal("alive", await File.ReadAllTextAsync(folder["elsewhere/canary"]));
        }
        finally
        {
            await Tool.Run("umount", folder["doomed/mounted"]);
        }
        FileTree.Delete(folder["doomed"]);
        Assert.False(Directory.Exists(folder["doomed"]));
        Assert.True(File.Exists(folder["elsewhere/canary"]));
    }
}
