using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Fetching;
using Manifold.Sandbox;

namespace Manifold.Planning;

/// <summary>What the RUNs of a build get besides what the Dockerfile says, and what they are allowed.</summary>
internal sealed record RunSettings
{
    /// <summary>What <c>--allow</c> calls it.</summary>
    public const string HostNetwork = "network.host", Insecure = "security.insecure";

    public ImmutableArray<Secret> Secrets { get; init; } = [];
    public ImmutableArray<SshAgent> Agents { get; init; } = [];

    /// <summary>Those of the secrets that are for fetching repositories.</summary>
    public GitCredentials GitCredentials => GitCredentials.Of(Secrets.Select(secret => (secret.Id, secret.Value)));

    /// <summary>For RUNs that do not say otherwise: <c>--network</c>.</summary>
    public RunNetwork Network { get; init; }

    /// <summary><c>--allow network.host</c>.</summary>
    public bool AllowHostNetwork { get; init; }

    /// <summary><c>--allow security.insecure</c>.</summary>
    public bool AllowInsecure { get; init; }

    /// <summary>Further lines of /etc/hosts.</summary>
    public ImmutableArray<ExtraHost> Hosts { get; init; } = [];

    /// <summary>Bytes of /dev/shm; null is 64 MiB.</summary>
    public long? SharedMemory { get; init; }

    public ImmutableArray<ResourceLimit> Limits { get; init; } = [];

    /// <summary>
    /// TZ of RUNs whose image and Dockerfile say none; null leaves them alone.
    /// In no config and no key: it is for finding out what depends on it.
    /// </summary>
    public string? TimeZone { get; init; }

    /// <summary>What a RUN's result may depend on of these, as texts.</summary>
    internal IEnumerable<string> Bounds =>
        [
            .. Hosts.Select(host => $"host {host.Name}={host.Address}"),
            .. SharedMemory is { } bytes ? [$"shm {bytes}"] : Array.Empty<string>(),
            .. Limits.Select(limit => $"limit {limit.Name}={limit.Soft}:{limit.Hard}"),
        ];

    /// <summary>The control group that those of the RUNs are made in; null is our own.</summary>
    public string? CgroupParent { get; init; }
}

/// <summary>A value that RUNs may read and nobody else: it never prints itself.</summary>
internal sealed class Secret(string id, ReadOnlyMemory<byte> value)
{
    public string Id { get; } = id;
    public ReadOnlyMemory<byte> Value { get; } = value;
    public override string ToString() => $"secret {Id}";
}

/// <summary>An ssh agent that RUNs may use: one that runs, by its socket, or one that is started with keys.</summary>
internal sealed record SshAgent(string Id)
{
    public string? Socket { get; init; }

    /// <summary>Files with private keys.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];
}
