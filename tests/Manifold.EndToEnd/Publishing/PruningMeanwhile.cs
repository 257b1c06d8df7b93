using Manifold.Content;
using Manifold.Oci;

namespace Manifold.EndToEnd.Publishing;

/// <summary>A prune begins while another command needs the store's content, of which no name is left.</summary>
public sealed class PruningMeanwhile : IAsyncLifetime
{
    private readonly Workshop shop = new();
    private Front front = null!;

    public async ValueTask InitializeAsync() => front = await Front.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await front.DisposeAsync();
        shop.Dispose();
    }

    [Fact]
    public async Task a_push_ends_before()
    {
        using (var store = Store.Open(shop.Root))
            store.Tags.Set(front.Reference("pushed/app:1"), await SampleImages.WriteIndexAsync(store, "x", "linux/amd64"));

        await PruneWaitsForAsync("pushed",
            passing => passing.EndsUpload is not null, () => shop.Run([], "push", $"{front.Name}/pushed/app:1"));

        await Tool.Run("skopeo",
            "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{front.Behind}/pushed/app:1", $"oci:{shop["copy"]}:x");
    }

    [Fact]
    public async Task a_build_ends_before_with_its_push()
    {
        var context = shop.Context("FROM scratch\nCOPY Dockerfile /\n");

        await PruneWaitsForAsync("built",
            passing => passing.EndsUpload is not null, () => shop.Build(context, "-t", $"{front.Name}/built/app:1", "--push"));

        await Tool.Run("skopeo",
            "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{front.Behind}/built/app:1", $"oci:{shop["copy"]}:x");
    }

    [Fact]
    public async Task a_pull_ends_before()
    {
        using (var client = new Manifold.Registry.RegistryClient(new Manifold.Registry.RegistryOptions()))
        using (var other = Store.Open(shop["other"]))
            await client.PushAsync(other,
                await SampleImages.WriteIndexAsync(other, "x", "linux/amd64"), ImageReference.Parse($"{front.Behind}/pulled/app:1"));

        await PruneWaitsForAsync("pulled",
            passing => passing.Request.Method == "GET" && passing.Path.Contains("/blobs/", StringComparison.Ordinal),
            () => shop.Run([], "pull", $"{front.Name}/pulled/app:1"), keepsName: true);

        await Tool.Run("skopeo", "copy", "-q", "--all", $"oci:{shop.Root}:{front.Name}/pulled/app:1", $"oci:{shop["copy"]}:x");
    }

    private async Task PruneWaitsForAsync(
        string folder, Func<Passing, bool> holdAt, Func<Task<Workshop.Outcome>> command, bool keepsName = false)
    {
        var (held, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        front.Step(folder, async passing =>
        {
            if (holdAt(passing))
            {
                held.TrySetResult();
                await go.Task;
            }
            await passing.AnswerAsync();
        });
        var running = command();
        await Task.WhenAny(held.Task, running);
        Assert.True(held.Task.IsCompleted, running.IsCompleted ? (await running).Error : "");
        if (!keepsName)
        {
            using var store = Store.Open(shop.Root);
            store.Tags.Remove(front.Reference($"{folder}/app:1"));
        }

        var speech = new Speech();
        var prune = shop.Run(speech, ["--all"], "prune");
        await Task.WhenAny(speech.Says("waiting for other commands"), prune);
        Assert.False(prune.IsCompleted);
        go.SetResult();

        (await running).Succeeded();
        (await prune).Succeeded();
    }
}
