using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Tests.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Publishing;

/// <summary>Platforms of one image share a blob, which is sent once for all of them.</summary>
public sealed class SharingBlobs : WithARegistry
{
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int aborted;

    [Fact]
    public async Task one_that_gives_up_leaves_the_transfer_to_the_others()
    {
        var image = await SampleImages.WriteAsync(Store, "x");
        var blob = Manifest.Parse(Store.ReadDocument(image.Digest)).Layers[0];
        HoldBlob(blob.Digest);
        await using var source = new StoreSource(Store, Client(), Registry.Reference("app:1"), image);
        var transfer = new BlobTransfer(Tools(), source, Registry.Reference("app:1"), null);
        using var first = new CancellationTokenSource();

        var firsts = transfer.SendAsync(new BlobOrder(blob, image, Afresh: false, Reading: false), first.Token);
        await begun.Task;
        var seconds = transfer.SendAsync(new BlobOrder(blob, image, Afresh: false, Reading: false), CancellationToken.None);
        await first.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => firsts);
        goesOn.SetResult();
        Assert.True(await seconds);
        Assert.True(await transfer.SendAsync(new BlobOrder(blob, image, Afresh: false, Reading: false), CancellationToken.None));
        Assert.Equal((0, 1), (aborted, Registry.Count("POST", "/blobs/uploads/")));
    }

    [Fact]
    public async Task a_refusal_for_one_platform_is_told_though_another_waits_for_a_blob_of_both()
    {
        var index = await SampleImages.WriteIndexAsync(Store, "x", "linux/amd64", "linux/arm64"); // of one layer
        var manifests = ImageIndex.Parse(Store.ReadDocument(index.Digest)).Manifests
            .Select(entry => Manifest.Parse(Store.ReadDocument(entry.Digest))).ToList();
        HoldBlob(manifests[0].Layers[0].Digest); // until it is given up
        var hold = Registry.Fault!;
        Registry.Fault = async context =>
        {
            if (!Asks(context, manifests[0].Config.Digest))
                return await hold(context);
            await begun.Task;
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED");
            return true;
        };
        await using var source = new StoreSource(Store, Client(), Registry.Reference("app:1"), index);

        var refusal = await Assert.ThrowsAsync<RegistryException>(() => new Publisher(Tools())
            .PublishAsync(source, index, new PublicationRequest { Targets = [Registry.Reference("app:1")] }));

        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refusal.Status);
    }

    /// <summary>The registry does not answer for this blob until the test goes on or the client leaves.</summary>
    private void HoldBlob(Digest blob) => Registry.Fault = async context =>
    {
        if (!Asks(context, blob) || goesOn.Task.IsCompleted)
            return false;
        begun.TrySetResult();
        try
        {
            await goesOn.Task.WaitAsync(context.RequestAborted);
            return false;
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref aborted);
            return true;
        }
    };

    private static bool Asks(HttpContext context, Digest blob) => context.Request.Method == "HEAD"
        && context.Request.Path.Value!.EndsWith($"/blobs/{blob}", StringComparison.Ordinal);

    private PublishingTools Tools() => new(Store, Client(), TimeProvider.System);
}
