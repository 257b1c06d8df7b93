using System.Collections.Concurrent;
using System.Net;
using Manifold.Building;
using Manifold.Concurrency;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Solving.Keeping;

namespace Manifold.Nodes.Units;

/// <summary>Brings blobs of bases to a node: from their registry if the node reaches it, or else from the caller.</summary>
/// <remarks>A registry that failed once is not asked again in this session. Thread-safe.</remarks>
internal sealed class NodeBlobs(BuilderTools tools, NodeQuestions questions)
{
    private readonly SharedWork<Digest, bool> arriving = new(remembers: false);
    private readonly ConcurrentDictionary<string, bool> unreachable = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc cref="BlobPull"/>
    /// <exception cref="NodeQuestionException">Neither the registry nor the caller has it.</exception>
    public Task PullAsync(RemoteBlob remote, IProgress<long> progress, CancellationToken cancellation) =>
        arriving.GetAsync(remote.Descriptor.Digest, async stop =>
        {
            if (!tools.Store.Contains(remote.Descriptor.Digest) && !await FromRegistryAsync(remote, progress, stop).ConfigureAwait(false))
                await questions.AskAsync(id => new NodeQuestion(id)
                {
                    Blob = new NeededBlob(remote.Descriptor, remote.Repository.ToString()),
                }, stop).ConfigureAwait(false);
            return true;
        }, cancellation);

    private async Task<bool> FromRegistryAsync(RemoteBlob remote, IProgress<long> progress, CancellationToken cancellation)
    {
        var registry = remote.Repository.Registry;
        if (IsCallersOwn(registry) || unreachable.ContainsKey(registry))
            return false;
        try
        {
            await tools.Registry.PullBlobAsync(remote.Repository, remote.Descriptor, tools.Store, progress, cancellation)
                .ConfigureAwait(false);
            return true;
        }
        catch (RegistryException)
        {
            unreachable[registry] = true;
            return false;
        }
    }

    /// <summary>Whether a name means another machine here than where the caller is.</summary>
    internal static bool IsCallersOwn(string registry)
    {
        var host = registry.Split(':')[0];
        return host is "localhost"
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || registry.StartsWith("[::1]", StringComparison.Ordinal)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}
