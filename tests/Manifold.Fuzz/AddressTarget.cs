using System.Collections.Immutable;
using System.Text;
using Manifold.Fetching;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Fuzz;

/// <summary>
/// All that is done with an address, or with a name of an image, before anybody is asked:
/// parse, show, make a request, find the proxy.
/// </summary>
public static class AddressTarget
{
    internal static ImmutableArray<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            "https://alice:secret@example.com:8443/a/b.tar.gz?token=x#y", "http://[::1]:8080/a%20b", "http://127.0.0.1/%00",
            "file:///etc/passwd", "unix:///run/x.sock", "https://example.com/a.git#main:folder",
            "git@github.com:owner/name.git#v1", "ssh://git@host:22/a/b", "git://host/a", "github.com/owner/name", "quay.io/acme/app:1.4",
            "localhost:5000/a@sha256:" + new string('0', 64), "docker.io/library/debian", "[::1]:5000/a/b:c",
            "oci:folder:name", "oci-archive:file.tar", "docker-archive:file.tar:@1", "store:app:1", "docker://a/b", "linux/arm/v7",
            "https://münchen.example/ß", "https://xn--mnchen-3ya.example/", "//host/path", "/v2/x?y", "../x", "a/b/c/",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    internal static ImmutableArray<string> Pieces { get; } =
    [
        "http://", "https://", "HTTPS://", "file://", "unix://", "data:", "javascript:", "//", "/", "..", "%00", "%0a", "%2f", "%2F..%2f",
        "%", "%zz", "%c0%ae", ":", ":0", ":65535", ":65536", ":99999", ":-1", "@", "@@", "#", "?", "&", "=", "[", "]",
        "[::1]", "[::]", "[fe80::1%25eth0]", "[::::]", "127.0.0.1", "0x7f.1", "2130706433", "1.2.3.999", "localhost", ".", "..", "a..b",
        "-a", "a-", "xn--", "xn--a", "\0", "\n", "\r\n", "\t", " ", "\\", "é", "\u202e", "\ufeff", "。", "ⓔ",
        ".git", "sha256:", "latest", "oci:", "store:", "docker://", "git@",
    ];

    /// <inheritdoc cref="FuzzTarget.Read"/>
    public static void Read(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        AddressSecrets.Without(text);
        if (ImageReference.TryParse(text, out var reference))
        {
            FuzzTarget.Promise(ImageReference.TryParse(reference.ToString(), out var again) && again == reference,
                "a reference is what it says");
            RegistryHost.IsLoopback(reference.Registry);
        }
        if (ImageLocation.TryParse(text, out var location))
            FuzzTarget.Promise(location.ToString().Length > 0, "a place has a name");
        if (Platform.TryParse(text, out var platform))
            FuzzTarget.Promise(Platform.TryParse(platform.ToString(), out var same) && same == platform, "a platform is what it says");
        foreach (var asContext in new[] { true, false })
            if (GitAddress.TryParse(text, asContext, out var repository))
                FuzzTarget.Promise(!repository.ToString().Contains('\0', StringComparison.Ordinal) && !repository.Remote.StartsWith('-'),
                    "git is told no option");
        ContextFetcher.IsRemote(text);
        if (Uri.TryCreate(text, UriKind.Absolute, out var address))
            Use(address);
        if (Uri.TryCreate(new Uri("https://registry.example/v2/"), text, out var next))
            Use(next);
        UseAsProxy(text);
    }

    private static void Use(Uri address)
    {
        if (!WebAddress.CanBeAsked(address))
            return;
        using var request = HttpFetcher.Request(address, null, withUser: true);
        FuzzTarget.Promise(request.RequestUri!.UserInfo.Length == 0, "a password is not in the address of a request");
        _ = request.RequestUri.IdnHost;
        try
        {
            FuzzTarget.Promise(HttpFetcher.NameOf(address) is { Length: > 0 } name && !name.AsSpan().ContainsAny('/', '\0'),
                "a file has a name");
        }
        catch (FetchException e)
        {
            FuzzTarget.Promise(e.Message.Length > 0, "a refusal says why");
        }
    }

    private static void UseAsProxy(string text)
    {
        try
        {
            var proxy = ProxySettings.From(new Dictionary<string, string> { ["HTTPS_PROXY"] = text, ["NO_PROXY"] = text });
            proxy.GetProxy(new Uri("https://registry.example/"));
        }
        catch (UsageException e)
        {
            FuzzTarget.Promise(e.Message.Length > 0, "a refusal says why");
        }
    }
}
