using System.Net;
using Manifold.Oci;

namespace Manifold.Registry;

public sealed partial class RegistryClient
{
    /// <summary>
    /// Whether a push to this repository would be let in: null where it would, else the refusal, as the push would tell it. Answers as soon
    /// as the registry has decided; the caller then awaits <c>Ending</c>, which takes the upload back.
    /// </summary>
    /// <remarks>
    /// Begins an upload and gives it up at once: nothing is left but, where a registry ignores that, an empty session which it sweeps. It
    /// creates no repository that a push would not create. Media types and sizes are not probed: registries judge them by the manifest
    /// itself. Source: sections "Pushing a blob" and "Canceling".
    /// </remarks>
    internal async Task<(RegistryException? Refusal, Task Ending)> BeginProbeAsync(
        ImageReference repository, CancellationToken cancellation)
    {
        var request = new RegistryRequest(
            $"push {repository.Name}", HttpMethod.Post, $"v2/{repository.Repository}/blobs/uploads/", repository.Repository)
        {
            Push = true,
        };
        try
        {
            var host = TargetOf(repository);
            Uri? session;
            using (var response = await host.SendAsync(request, cancellation).ConfigureAwait(false))
            {
                if (response.Message.StatusCode is not HttpStatusCode.Accepted)
                    return (await host.RefusedAsync(request, response, cancellation).ConfigureAwait(false), Task.CompletedTask);
                session = response.Location;
            }
            // The first answer has given its place back: as many probes at once as the host has places would wait for each other for ever.
            return (null, session is null ? Task.CompletedTask : CancelAsync(host, request, session, cancellation));
        }
        catch (RegistryException refusal)
        {
            return (refusal, Task.CompletedTask);
        }
    }

    private static async Task CancelAsync(RegistryHost host, RegistryRequest begun, Uri session, CancellationToken cancellation)
    {
        try
        {
            using var _ = await host.SendOnceAsync(begun with { Method = HttpMethod.Delete, Location = session.AbsoluteUri },
                cancellation).ConfigureAwait(false);
        }
        catch (RegistryException)
        {
            // It swept the session itself, or will.
        }
    }
}
