using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.Sockets;
using Manifold.Building;
using Manifold.Building.Units;
using Manifold.Dockerfile;
using Manifold.Nodes.Units;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Solving.Steps;

namespace Manifold.Nodes;

/// <summary>Gives nodes what their units need from this machine: blobs, answers of ssh agents, secrets, credentials.</summary>
/// <remarks>Everything is lent for one unit. Only credentials stay on the node, in memory, until its session ends. Thread-safe.</remarks>
internal sealed class NodeAnswers(BuilderTools tools) : INodeAnswers
{
    // SSH_AGENTC_REQUEST_IDENTITIES and SSH_AGENTC_SIGN_REQUEST; a node has no business with the other requests.
    private static readonly byte[] AllowedRequests = [11, 13];
    private static readonly byte[] AgentFailure = [5];

    private readonly ConcurrentDictionary<string, Lent> units = new(StringComparer.Ordinal);

    private sealed record Lent(Unit Unit, SshAgents Agents);

    /// <summary>Begins to answer questions for a unit: about the layers of its bases, and for the agents that its RUNs mount.</summary>
    public void Lend(string id, Unit unit) =>
        units[id] = new Lent(unit, new SshAgents(unit.Group.Request.Run, () => tools.Store.WorkFolder));

    public void TakeBack(string id)
    {
        if (units.TryRemove(id, out var lent))
            lent.Agents.Dispose();
    }

    /// <summary>Returns what a unit is lent: the secrets that its RUNs read, and credentials for registries.</summary>
    /// <param name="pushTo">The repositories that the node pushes to. Their credentials are lent besides those of bases.</param>
    public async Task<UnitLoan> LoanAsync(Unit unit, ImmutableArray<ImageReference> pushTo, CancellationToken cancellation)
    {
        var (run, options) = (unit.Group.Request.Run, tools.Registry.Options);
        var bases = unit.Image.Steps.OfType<BaseStep>().Select(step => step.Image).OfType<BaseImage>()
            .SelectMany(ground => ground.LayerRepositories.Append(ground.FoundAs)).DistinctBy(name => name.Name);
        var lent = ImmutableArray.CreateBuilder<LentCredential>();
        foreach (var name in bases)
            await LendAsync(name, options.Credentials, forPush: false).ConfigureAwait(false);
        foreach (var name in pushTo)
            await LendAsync(name, options.PushCredentials ?? options.Credentials, forPush: true).ConfigureAwait(false);
        return new UnitLoan
        {
            Secrets = run.Secrets.Where(secret => IsNeeded(unit, secret)).ToImmutableSortedDictionary(
                secret => secret.Id, secret => secret.Value.ToArray(), StringComparer.Ordinal),
            Agents = [.. run.Agents.Select(agent => agent.Id).Where(id => Mounts(unit, MountType.Ssh).Contains(id))],
            Credentials = lent.ToImmutable(),
        };

        async Task LendAsync(ImageReference name, CredentialSource source, bool forPush)
        {
            var found = await source(name.Registry, name.Repository, cancellation).ConfigureAwait(false);
            if (found.IsAnonymous)
                return;
            lent.Add(new LentCredential(name.Registry, name.Repository)
            {
                UserName = found.UserName,
                Password = found.Password,
                IdentityToken = found.IdentityToken,
                RegistryToken = found.RegistryToken,
                ForPush = forPush,
            });
        }
    }

    /// <summary>Whether a RUN mounts the secret, or git needs it for an ADD.</summary>
    private static bool IsNeeded(Unit unit, Secret secret) => Mounts(unit, MountType.Secret).Contains(secret.Id)
        || (secret.Id.StartsWith("GIT_AUTH_", StringComparison.Ordinal)
            && unit.Image.Steps.OfType<CopyStep>().Any(copy => !copy.Remotes.IsEmpty));

    private static IEnumerable<string> Mounts(Unit unit, MountType type) => unit.Image.Steps.OfType<RunStep>()
        .SelectMany(run => run.Mounts).Where(mount => mount.Definition.Type == type).Select(mount => mount.Id);

    /// <summary>Whether a blob is a layer of a base of a unit that is lent to a node. Nothing else is any node's business.</summary>
    private bool IsOfBase(NeededBlob blob) => units.Values
        .SelectMany(lent => lent.Unit.Image.Steps.OfType<BaseStep>().Select(step => step.Image).OfType<BaseImage>())
        .Any(ground => Enumerable.Range(0, ground.Manifest.Layers.Length).Any(i =>
            ground.Manifest.Layers[i].Digest == blob.Descriptor.Digest && ground.RepositoryOf(i).ToString() == blob.Repository));

    public async Task ProvideAsync(NeededBlob blob, CancellationToken cancellation)
    {
        if (!IsOfBase(blob))
            throw new UsageException($"the blob {blob.Descriptor.Digest} is not a layer of a base image of the build.");
        if (!tools.Store.Contains(blob.Descriptor.Digest))
            await tools.Registry.PullBlobAsync(ImageReference.Parse(blob.Repository), blob.Descriptor, tools.Store,
                new Progress<long>(), cancellation).ConfigureAwait(false);
    }

    /// <remarks>Source: draft-ietf-sshm-ssh-agent, section 3.</remarks>
    public async Task<byte[]> AskAgentAsync(AgentMessage message, CancellationToken cancellation)
    {
        if (message.Request is not [var kind, ..] || !AllowedRequests.Contains(kind))
            return AgentFailure;
        if (!units.TryGetValue(message.Unit, out var lent) || !Mounts(lent.Unit, MountType.Ssh).Contains(message.Agent)
            || await lent.Agents.SocketOfAsync(message.Agent, cancellation).ConfigureAwait(false) is not { } path)
            throw new UsageException($"the ssh agent '{message.Agent}' is not available.");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            await using var stream = new NetworkStream(socket);
            var length = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(length, (uint)message.Request.Length);
            await stream.WriteAsync((byte[])[.. length, .. message.Request], cancellation).ConfigureAwait(false);
            await stream.ReadExactlyAsync(length, cancellation).ConfigureAwait(false);
            var answer = new byte[Math.Min(BinaryPrimitives.ReadUInt32BigEndian(length), Limits.DocumentBytes)];
            await stream.ReadExactlyAsync(answer, cancellation).ConfigureAwait(false);
            return answer;
        }
        catch (SocketException e)
        {
            throw new UsageException($"the ssh agent '{message.Agent}' does not answer: {e.Message}");
        }
    }
}
