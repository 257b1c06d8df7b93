using Manifold.Content;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

public sealed class FindingARuntime : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task one_that_fails_in_a_container_without_rights_is_tried_again_when_the_rights_are_there()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Runtimes are tried by root only.");
        var runtime = folder.Write("bin/runtime", $"#!/bin/sh\ntest -e '{folder["rights"]}' || exit 1\nexit {Processor.ExitCode}\n");
        File.SetUnixFileMode(runtime, (UnixFileMode)0b111_101_101);
        using var store = Store.Open(folder["store"]);
        Assert.False(Assert.Single(await Trials(store).AllAsync()).Works);

        folder.Write("rights", "");

        Assert.True(Assert.Single(await Trials(store).AllAsync()).Works);
        File.Delete(folder["rights"]);
        Assert.True(Assert.Single(await Trials(store).AllAsync()).Works); // this is remembered
    }

    private OciRuntimes Trials(Store store) => new(store, folder["bin"], ["runtime"]);
}
