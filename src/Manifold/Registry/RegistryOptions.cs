using System.Collections.Immutable;

namespace Manifold.Registry;

/// <summary>Finds who we are for a repository. Never null: <see cref="Credential.Anonymous"/> is an answer.</summary>
public delegate ValueTask<Credential> CredentialSource(string registry, string repository, CancellationToken cancellation);

/// <summary>How registries are talked to. What comes from the environment is passed in by the composition root.</summary>
public sealed record RegistryOptions
{
    public CredentialSource Credentials { get; init; } = static (_, _, _) => ValueTask.FromResult(Credential.Anonymous);

    /// <summary>Who we are where we write; null for the same as where we read.</summary>
    public CredentialSource? PushCredentials { get; init; }

    /// <summary>Mirrors, other locations, blocked names.</summary>
    internal RegistriesConf Registries { get; init; } = RegistriesConf.Empty;

    internal CertificateFolders Certificates { get; init; } = CertificateFolders.None;

    /// <summary>Null for none.</summary>
    internal ProxySettings? Proxy { get; init; }

    /// <summary>Hosts (with port) that may be spoken to without a trusted certificate, or without TLS where they speak none.</summary>
    public ImmutableHashSet<string> InsecureHosts { get; init; } = [];

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Requests under way to one host at a time.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>Blobs above this are uploaded in pieces of this size, so that a cut costs at most one piece.</summary>
    public long ChunkBytes { get; init; } = 64 * 1024 * 1024;

    public string UserAgent { get; init; } = $"{Product.Name}/{Product.Number}";

    /// <summary>Wait before the first retry; doubles with each, with jitter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>A transfer that moves no byte for this long counts as cut.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// What a body must bring on average over <see cref="StallTimeout"/>; less is a trickle that would end in days, and counts as cut.
    /// </summary>
    public double LeastBytesPerSecond { get; init; } = 1024;

    /// <summary>How long a host may take to accept a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Reads the options that environment variables and files name: credentials, mirrors, certificates and proxies.</summary>
    /// <param name="environment">The environment variables by name.</param>
    /// <param name="certificateFolder">The folder of certificates to use instead of certs.d; null for certs.d.</param>
    /// <exception cref="ManifoldException">A file cannot be read, or is not of its form.</exception>
    public static RegistryOptions From(IReadOnlyDictionary<string, string> environment, string? certificateFolder = null) => new()
    {
        Credentials = Registry.Credentials.From(environment).FindAsync,
        Registries = RegistriesConf.From(environment),
        Certificates = CertificateFolders.From(environment, certificateFolder),
        Proxy = ProxySettings.From(environment),
    };
}
