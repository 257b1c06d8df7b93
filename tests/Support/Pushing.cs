using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Tests.Support;

/// <summary>Publishes what a store has, as the commands do.</summary>
internal static class Pushing
{
    public static async Task<Transfers> PushAsync(
        this RegistryClient client, Store store, Descriptor image, params ImageReference[] targets) =>
        (await client.PublishAsync(store, image, new PublicationRequest { Targets = [.. targets] })).Transfers;

    public static async Task<Publication> PublishAsync(
        this RegistryClient client, Store store, Descriptor image, PublicationRequest request, CancellationToken cancellation = default)
    {
        await using var source = new StoreSource(store, client, request.Targets[0], image);
        return await new Publisher(new PublishingTools(store, client, TimeProvider.System))
            .PublishAsync(source, image, request, null, cancellation);
    }
}
