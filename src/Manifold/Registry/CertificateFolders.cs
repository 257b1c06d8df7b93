using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Manifold.Registry;

/// <summary>Whom a registry's certificate may come from beside the system's authorities, and which certificate we show ourselves.</summary>
/// <remarks>
/// <code>
/// 1  --cert-dir, else the first that there is of
///    ~/.config/containers/certs.d/HOST:PORT, /etc/containers/certs.d/HOST:PORT, /etc/docker/certs.d/HOST:PORT
///      *.crt  authorities     *.cert with *.key  our own
/// 2  $SSL_CERT_FILE, $SSL_CERT_DIR       authorities for every host
/// </code>
/// Source: containers-certs.d(5). Files are read when a host is first spoken to.
/// </remarks>
internal sealed class CertificateFolders(ImmutableArray<string> perHost, string? forAll, ImmutableArray<string> authorities)
{
    public static CertificateFolders None { get; } = new([], null, []);

    /// <param name="folder">A folder for all hosts, instead of theirs.</param>
    /// <param name="root">Stands for <c>/</c> of what is the system's.</param>
    public static CertificateFolders From(IReadOnlyDictionary<string, string> environment, string? folder = null, string root = "/")
    {
        string? Variable(string name) => environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
        if (folder is not null && !Directory.Exists(folder))
            throw new UsageException($"--cert-dir: the folder '{folder}' does not exist.");
        var own = Variable("XDG_CONFIG_HOME") ?? Path.Combine(Variable("HOME") ?? "/root", ".config");
        return new(
            [Path.Combine(own, "containers/certs.d"),
                Path.Combine(root, "etc/containers/certs.d"), Path.Combine(root, "etc/docker/certs.d")], folder,
            [.. new[] { Variable("SSL_CERT_FILE") }.Concat((Variable("SSL_CERT_DIR") ?? "").Split(':')).OfType<string>()
                .Where(path => path.Length > 0)]);
    }

    /// <summary>Where people are told to put an authority's certificate for a host.</summary>
    internal string Advised(string host) => Path.Combine(
        forAll ?? Path.Combine(Linux.User.IsRoot || perHost.IsEmpty ? "/etc/containers/certs.d" : perHost[0], host), "ca.crt");

    /// <summary>Whether somebody has laid down certificates for a host, whatever they are.</summary>
    internal bool HasFolderFor(string host) => forAll is not null || perHost.Any(folder => Directory.Exists(Path.Combine(folder, host)));

    internal sealed record Found(X509Certificate2Collection Authorities, X509Certificate2? Own);

    /// <exception cref="UsageException">A file is no certificate, or lacks its key.</exception>
    internal Found Find(string host)
    {
        var found = new X509Certificate2Collection();
        foreach (var path in authorities.SelectMany(path => Directory.Exists(path) ? Directory.GetFiles(path) : [path]).Where(File.Exists))
            AddAuthorities(found, path, fromHost: false);
        if ((forAll ?? perHost.Select(folder => Path.Combine(folder, host)).FirstOrDefault(Directory.Exists)) is not { } own)
            return new(found, null);
        foreach (var path in Directory.GetFiles(own, "*.crt").Where(File.Exists).Order(StringComparer.Ordinal))
            AddAuthorities(found, path, fromHost: true);
        var certificates = Directory.GetFiles(own, "*.cert").Where(File.Exists).Order(StringComparer.Ordinal);
        return new(found, certificates.Select(ReadOwn).FirstOrDefault());
    }

    private static void AddAuthorities(X509Certificate2Collection found, string path, bool fromHost)
    {
        try
        {
            if (File.ReadAllText(path).Contains("-----BEGIN CERTIFICATE", StringComparison.Ordinal))
                found.ImportFromPemFile(path);
            else if (fromHost)
                found.Add(X509CertificateLoader.LoadCertificateFromFile(path));
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Reading the certificate '{path}': {e.Message} It must contain PEM certificates.");
        }
    }

    private static X509Certificate2 ReadOwn(string path)
    {
        var key = Path.ChangeExtension(path, ".key");
        if (!File.Exists(key))
            throw new UsageException($"Reading the client certificate '{path}': its key '{key}' is missing. Add the key. If this is a CA "
                + "certificate, rename it to end in .crt.");
        try
        {
            return X509Certificate2.CreateFromPemFile(path, key);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Reading the client certificate '{path}' with its key '{key}': {e.Message} Both must be PEM files "
                + "and the key must match the certificate.");
        }
    }
}
