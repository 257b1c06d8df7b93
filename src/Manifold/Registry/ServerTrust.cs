using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Manifold.Registry;

/// <summary>Whether a server's certificate is believed, and why not, in words.</summary>
/// <remarks>
/// Believed are the system's authorities and those of <see cref="CertificateFolders"/>. Our own certificate is shown to the registry, not
/// to the storage behind it. An insecure host is believed without a certificate of anybody. Thread-safe.
/// </remarks>
internal sealed class ServerTrust
{
    private readonly string name;
    private readonly CertificateFolders folders;
    private readonly Lazy<CertificateFolders.Found> found;
    private readonly bool insecure;
    private readonly ConcurrentDictionary<string, string> troubles = new();
    private volatile bool wantsOurs;

    public ServerTrust(string name, CertificateFolders folders, bool insecure)
    {
        (this.name, this.folders, this.insecure) = (name, folders, insecure);
        found = new(() => folders.Find(name));
        Options = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                Believes(((SslStream)sender).TargetHostName, certificate, chain, errors),
            LocalCertificateSelectionCallback = (_, target, _, _, issuers) =>
            {
                wantsOurs |= IsOurs(target) && issuers.Length > 0;
                return IsOurs(target) ? found.Value.Own! : null!;
            },
        };
    }

    public SslClientAuthenticationOptions Options { get; }

    /// <summary>What stands between us and a host, where it is its certificate or ours; null where it is something else.</summary>
    public string? Explain(Exception inner, Uri address)
    {
        if (troubles.TryRemove(address.IdnHost.Trim('[', ']'), out var trouble))
            return trouble;
        for (var e = inner; e is not null; e = e.InnerException)
        {
            if (e.Message.Contains("certificate required", StringComparison.OrdinalIgnoreCase)
                || e.Message.Contains("bad certificate", StringComparison.OrdinalIgnoreCase)
                || e.Message.Contains("certificate_required", StringComparison.OrdinalIgnoreCase))
                return $"'{address.Authority}' requires a client "
                    + $"certificate{(found.Value.Own is null ? "" : " and did not accept the one that manifold sent")}. Put client.cert "
                    + $"and client.key into {FolderAdvised}.";
        }
        return inner.InnerException is AuthenticationException
            ? $"this machine does not trust the TLS connection to '{address.Authority}' ({inner.InnerException.Message.TrimEnd('.')}). To "
            + $"connect anyway: --insecure-registry {name}" : null;
    }

    /// <summary>
    /// What may be behind a cut: since TLS 1.3 a refused handshake is told after it seemed to succeed,
    /// and the connection may end before the words arrive.
    /// </summary>
    public string? Hint => wantsOurs && found.Value.Own is null ? "It requires a client certificate. Put client.cert and client.key "
        + $"into {FolderAdvised}." : null;

    /// <summary>A certificate was shown, and not believed.</summary>
    public bool HasDoubted { get; private set; }

    public string HowToSpeakTls => $"If the registry uses TLS, put its CA certificate into {folders.Advised(name)}, or skip the check: "
        + $"--insecure-registry {name}";

    private string FolderAdvised => Path.GetDirectoryName(folders.Advised(name)) + "/";

    private bool Believes(string target, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors is SslPolicyErrors.None || (insecure && IsOurs(target)))
            return true;
        if (certificate is not X509Certificate2 server)
            return false;
        var trouble = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? $"its certificate is for {NamesOf(server)}, not for '{target}'. Use the name in the certificate, or get a certificate for "
                + $"this name. To skip the check: --insecure-registry {name}"
            : Doubt(server, chain);
        if (trouble is null)
            return true;
        HasDoubted = true;
        troubles[target] = $"'{target}' cannot be trusted: {trouble}";
        return false;
    }

    /// <summary>Null where the authorities of the folders vouch for it.</summary>
    private string? Doubt(X509Certificate2 server, X509Chain? sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(found.Value.Authorities);
        foreach (var element in sent?.ChainElements.Skip(1) ?? [])
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        if (chain.Build(server))
            return null;
        if (chain.ChainStatus.Concat(sent?.ChainStatus ?? []).Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)))
            return $"its certificate is valid only from {server.NotBefore:yyyy-MM-dd} to {server.NotAfter:yyyy-MM-dd}. Renew it, or "
                + $"correct this machine's clock. To skip the check: --insecure-registry {name}";
        return $"its certificate is signed by an unknown authority (issued by '{server.Issuer}'). "
            + $"Put the certificate of that authority into {folders.Advised(name)}. To skip the check: --insecure-registry {name}";
    }

    private static string NamesOf(X509Certificate2 server)
    {
        var names = server.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(
                extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString())))
            .ToList();
        return string.Join(", ", (names.Count > 0 ? names : [server.Subject]).Select(text => $"'{text}'"));
    }

    private bool IsOurs(string target) => target == RegistryHost.HostOf(name);
}
