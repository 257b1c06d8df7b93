using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>How the embedded registry serves.</summary>
internal sealed partial record ServeOptions
{
    public const string DefaultListen = "127.0.0.1:5000";

    /// <summary>Address and port; port 0 takes a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 5000);

    /// <summary>Refuses every change.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Accepts DELETE of tags, manifests and blobs. Cancelling an upload needs no permission.</summary>
    public bool AllowDelete { get; init; }

    /// <summary>Gets a blob that an image in the store names and that was never downloaded. True where it is in the store now.</summary>
    public Func<Digest, CancellationToken, Task<bool>>? FetchMissing { get; init; }

    /// <summary>Only the users of this file come in, which <c>htpasswd -B</c> writes; null lets in everybody who can connect.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>A certificate with its chain, in PEM; null serves without encryption. Goes with <see cref="TlsKey"/>.</summary>
    public string? TlsCertificate { get; init; }

    public string? TlsKey { get; init; }

    /// <summary>
    /// Host names that clients may use besides loopback's and <see cref="Listen"/>, with or without a port;
    /// <c>*</c> for all.
    /// </summary>
    public ImmutableArray<string> AllowedHosts { get; init; } = [];

    /// <summary>Told what people should know: a damaged blob, a full disk.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Told a line for each request; null for none.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>How long a client may send or take next to nothing before its request is cut.</summary>
    internal TimeSpan SlowGrace { get; init; } = ServeLimits.SlowGrace;

    /// <summary>The time that a client may stay silent when the server waits for it.</summary>
    internal TimeSpan SilentTime { get; init; } = ServeLimits.SilentTime;

    /// <summary>The time without a byte, in or out, after which a request's connection is closed if its client has too many.</summary>
    internal TimeSpan StillTime { get; init; } = ServeLimits.StillTime;

    internal int Connections { get; init; } = ServeLimits.Connections;
    internal int ConnectionsOfOne { get; init; } = ServeLimits.ConnectionsOfOne;
    internal int OpenUploads { get; init; } = ServeLimits.OpenUploads;
    internal int OpenUploadsOfOne { get; init; } = ServeLimits.OpenUploadsOfOne;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reads <c>ADDRESS:PORT</c>.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static IPEndPoint ParseListen(string text)
    {
        var named = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" + text["localhost".Length..]
            : text.StartsWith(':') ? "0.0.0.0" + text
            : text;
        if (!named.Contains(':', StringComparison.Ordinal) || !IPEndPoint.TryParse(named, out var endpoint))
            throw new UsageException($"Listening on '{text}': expected an address and a port. Try: --listen {DefaultListen}");
        return endpoint;
    }

    /// <summary>Reads a name that clients may ask for.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static string ParseHost(string text)
    {
        if (text != AnsweredNames.Every && !HostPattern().IsMatch(text))
            throw new UsageException(
                $"--allow-host '{text}': this is not a host name. Try: --allow-host registry.example.com, or '*' for every name");
        return text;
    }

    [GeneratedRegex(@"\A(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?)(?::[0-9]{1,5})?\z")]
    private static partial Regex HostPattern();

    /// <summary>Others than this machine are served with encryption and to users only.</summary>
    /// <exception cref="UsageException">What is missing for that.</exception>
    internal void RequireProtection()
    {
        if (TlsCertificate is null != TlsKey is null)
            throw new UsageException("Serving with TLS: a certificate and its key are both required. Add: "
                + $"{(TlsKey is null ? "--tls-key" : "--tls-cert")} FILE");
        if (IPAddress.IsLoopback(Listen.Address))
            return;
        string?[] missing =
        [
            TlsCertificate is null ? "--tls-cert FILE --tls-key FILE" : null,
            PasswordFile is null ? "--htpasswd FILE (create it with htpasswd -B -c FILE USER)" : null,
        ];
        if (missing.Any(part => part is not null))
            throw new UsageException(
                $"Listening on '{Listen}': other machines can connect there, so TLS and users are required. " +
                $"Add {string.Join(' ', missing.OfType<string>())}, or listen on {DefaultListen}, which only this machine can reach.");
    }
}
