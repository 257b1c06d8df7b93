using System.Text.Json;
using Manifold.Content;

namespace Manifold.EndToEnd.Nodes;

/// <summary>This machine builds amd64, and a real arm64 Linux that ssh reaches builds arm64.</summary>
[Trait("kind", "end-to-end")]
[Collection(nameof(Arm64Machine))]
public sealed class OnARealArm64Node(Arm64Machine machine) : IAsyncLifetime
{
    private readonly Workshop shop = new();

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        _ = OurProgram.Native();
        await machine.NeedAsync();
        shop.Set["MANIFOLD_SSH"] = machine.Ssh;
        shop.Set["HOME"] = shop.Path;
        shop.Set["MANIFOLD_NODE_PROGRAMS"] = Path.GetDirectoryName(Path.GetDirectoryName(Arm64Program.Find()))!;
    }

    public ValueTask DisposeAsync()
    {
        shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("ssh://machine")]
    [InlineData("ssh://builder")]
    public async Task each_platform_is_built_natively_and_the_index_is_that_of_an_emulated_build(string node)
    {
        // A name of its own for each run, so that no cache of the machine answers.
        var context = shop.Context($"FROM BASE\nARG TARGETARCH\nCOPY Dockerfile /etc/\n"
            + "RUN echo $TARGETARCH $(busybox uname -m) >/arch; busybox chown 1000:1001 /arch; busybox ln -s arch /link\n"
            + $"RUN busybox rm /link && echo {Guid.NewGuid():N} >/second\n");
        string[] arguments = ["--platform", "linux/amd64,linux/arm64", "-t", "both:1", context];
        using var alone = new Workshop();
        (await alone.Run(arguments, "build")).Succeeded();

        (await shop.Run(["--on", node, .. arguments], "build")).Succeeded();

        Assert.Equal(IndexOf(alone), IndexOf(shop));
        using var record = JsonDocument.Parse((await shop.Run(["--format", "json"], "report")).Succeeded().Output);
        var nodes = record.RootElement.GetProperty("components")[0].GetProperty("platforms").EnumerateArray()
            .Select(platform => platform.GetProperty("node"))
            .Select(each => $"{each.GetProperty("name")} {each.GetProperty("why")}");
        Assert.Equal(["here native", $"{node} native"], nodes);
    }

    private static string IndexOf(Workshop built)
    {
        using var store = Store.Open(built.Root);
        return store.Tags.List().Single().Target.Digest.ToString();
    }
}
