using Manifold.Linux;

namespace Manifold.EndToEnd.Linux;

/// <summary>A tree that somebody else made names a file, and this machine opens it. <c>canary</c> lies beside the tree.</summary>
public sealed class ReadingAFileOfAForeignTree : IDisposable
{
    private const string Secret = "the canary's song";

    private readonly TemporaryFolder folder = new();
    private readonly ForeignFolder tree;

    public ReadingAFileOfAForeignTree()
    {
        folder.Write("canary", Secret);
        folder.Write("tree/file", "inside");
        folder.Write("tree/below/deep", "deep");
        tree = new ForeignFolder(folder["tree"], "the context");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task a_device_is_refused()
    {
        Assert.SkipUnless((await Tool.Try("mknod", folder["tree/zero"], "c", "1", "5")).ExitCode == 0,
            "Making a device needs root and its capabilities.");

        Assert.Contains("it is a device, not a file", Refused("zero"), StringComparison.Ordinal);
    }

    private string Refused(string path) => Assert.Throws<UsageException>(() => tree.TryRead(path, 100)).Message;
}
