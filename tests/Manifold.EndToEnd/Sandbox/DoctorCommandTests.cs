using System.Collections.Immutable;
using Manifold.Cli;

namespace Manifold.EndToEnd.Sandbox;

public sealed class AskingTheDoctor
{
    [Theory]
    [InlineData("size=4m,ro", "is on a read-only disk")]
    [InlineData("size=8k", "is full")]
    [InlineData("size=40m,nr_inodes=1", "no free inodes")]
    public async Task about_a_store_that_cannot_be_written_says_so_beside_everything_else(string disk, string finding)
    {
        using var folder = new TemporaryFolder();
        using var mounted = await SmallDisk.MountAsync(folder["store"], disk);
        var (code, text) = await Ask(folder, "doctor");
        Assert.Equal(4, code);
        Assert.Matches($"(?m)^NO  store .*{finding}", text);
        Assert.Matches(disk.Contains("ro", StringComparison.Ordinal) ? "export MANIFOLD_ROOT=" : "manifold prune", text);
        foreach (var name in (string[])["OCI runtime", "overlayfs", "linux/riscv64"])
            Assert.Matches($"(?m)^(ok|--|NO)  {name} ", text);
        Assert.Equal("This machine cannot build: the store is not writable.", text.TrimEnd().Split('\n')[^1]);
    }

    private static async Task<(int Code, string Text)> Ask(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        return await Ask(folder, arguments);
    }

    private static async Task<(int Code, string Text)> Ask(TemporaryFolder folder, params string[] arguments)
    {
        using var output = new StringWriter();
        var context = new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", folder["store"]),
            Out = output,
            Error = TextWriter.Null,
            Time = TimeProvider.System,
            Interactive = false,
        };
        return (await CommandTree.RunAsync(context, arguments), output.ToString());
    }
}
