using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Fetching;

/// <summary>Downloads files over http(s), each version of them once.</summary>
/// <remarks>
/// <code>
/// address    1  what the store has, if its digest is the one that is asked for: the network is not touched
///            2  else a request "if it changed" (ETag, Last-Modified): 304 is the same file
///            3  else the body, hashed on its way to the disk; kept under its address
/// </code>
/// Redirects are followed to http(s) only, never from https to http, and without the address's user and password.
/// Thread-safe, and between processes: one address is downloaded by one at a time. Source: RFC 9110, sections 13.1, 15.4 and 8.8.
/// </remarks>
internal sealed class HttpFetcher(Store store)
{
    private const int Redirects = 10;

    // The kernel's NAME_MAX.
    private const int NameBytes = 255;

    private static readonly HttpClient Client = new(new TlsHandler(new SocketsHttpHandler
    {
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        AllowAutoRedirect = false,
    }))
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Whether a text is meant as an address that this fetches.</summary>
    public static bool IsAddress(string text) =>
        text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    /// <summary>What the file behind an address is called in a folder: the last part of its path.</summary>
    /// <exception cref="FetchException">No file can be called so.</exception>
    public static string NameOf(Uri address)
    {
        var path = Uri.UnescapeDataString(address.AbsolutePath.TrimEnd('/'));
        var name = path[(path.LastIndexOf('/') + 1)..];
        if (name is "" or "." or "..")
            return "__unnamed__";
        if (name.Contains('\0', StringComparison.Ordinal))
            throw new FetchException($"The address {Shown(address)} ends in a file name with a zero byte (%00). Correct the address.");
        if (FileName.Length(name) > NameBytes)
            throw new FetchException(
                $"The address {Shown(address)} ends in a file name of {FileName.Length(name)} bytes. The limit is {NameBytes}. "
                    + "Add a file name to the destination.");
        return name;
    }

    /// <param name="checksum">What the content must have; null where nothing is promised.</param>
    /// <exception cref="FetchException">It is not there, has another digest, or the server cannot be reached.</exception>
    public async Task<FetchedFile> FetchAsync(Uri address, Digest? checksum, CancellationToken cancellation)
    {
        if (!WebAddress.CanBeAsked(address))
            throw new FetchException($"Downloading {Shown(address)}: this is not a valid http(s) address. Check the host.");
        var folder = Directory.CreateDirectory(Path.Combine(store.Layout.HttpSources.Path, Digest.Of(address.ToString()).Hex)).FullName;
        using var turn = await SourceLock.TakeAsync(folder + ".lock", cancellation).ConfigureAwait(false);
        var known = Read(folder);
        // 1
        if (checksum is { } wanted && known is not null && known.Digest == wanted)
            return Found(folder, known);
        try
        {
            using var response = await FollowAsync(address, known, cancellation).ConfigureAwait(false);
            // 2
            if (response.StatusCode == HttpStatusCode.NotModified && known is not null)
                return Checked(address, Found(folder, known), checksum);
            if (!response.IsSuccessStatusCode)
                throw new FetchException($"Downloading {Shown(address)}: "
                    + $"the server answered {(int)response.StatusCode} {response.ReasonPhrase}.{Hint(response.StatusCode)}");
            // 3
            using var hasher = checksum?.CreateHasher() ?? new Hasher(HashKind.Sha256);
            return Checked(address, await SaveAsync(folder, response, hasher, cancellation).ConfigureAwait(false), checksum);
        }
        catch (HttpRequestException e)
        {
            throw new FetchException($"Downloading {Shown(address)}: {e.InnerException?.Message ?? e.Message}", e);
        }
        catch (IOException e) when (e is not FileNotFoundException and not DirectoryNotFoundException)
        {
            throw new FetchException($"Downloading {Shown(address)} was interrupted: {e.Message} Try again.", e);
        }
    }

    /// <summary>The first answer that sends us nowhere else.</summary>
    private static async Task<HttpResponseMessage> FollowAsync(Uri address, HttpRecord? known, CancellationToken cancellation)
    {
        var here = address;
        for (var hop = 0; hop <= Redirects; hop++)
        {
            var response = await Client.SendAsync(Request(here, known, withUser: hop == 0),
                HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if ((int)response.StatusCode is not (300 or 301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
                return response;
            response.Dispose();
            if (!Uri.TryCreate(here, location, out var next) || !WebAddress.CanBeAsked(next))
                throw new FetchException(
                    $"Downloading {Shown(address)}: the server redirects to '{AddressSecrets.Without(location.OriginalString)}', "
                        + "which is not a valid http(s) address.");
            if (here.Scheme == "https" && next.Scheme == "http")
                throw new FetchException(
                    $"Downloading {Shown(address)}: the server redirects to {Shown(next)}, which does not use TLS. "
                        + "This redirect is not followed. If you trust that address, use it directly.");
            here = next;
        }
        throw new FetchException($"Downloading {Shown(address)}: the server redirects more than {Redirects} times. Check the address.");
    }

    internal static HttpRequestMessage Request(Uri address, HttpRecord? known, bool withUser)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(address) { UserName = "", Password = "", Fragment = "" }.Uri);
        if (withUser && address.UserInfo.Length > 0)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("manifold", null));
        if (known?.ETag is { } tag)
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        else if (known?.LastModified is { } time)
            request.Headers.IfModifiedSince = time;
        return request;
    }

    private static async Task<FetchedFile> SaveAsync(
        string folder, HttpResponseMessage response, Hasher hash, CancellationToken cancellation)
    {
        var partial = Path.Combine(folder, "partial");
        var file = new FileStream(partial, FileMode.Create, FileAccess.Write);
        await using (file.ConfigureAwait(false))
        {
            var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            var buffer = new byte[128 * 1024];
            while (await body.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var count)
            {
                hash.Append(buffer.AsSpan(0, count));
                await file.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            }
            if (response.Content.Headers.ContentLength is { } promised && promised != file.Length)
                throw new IOException($"received {file.Length} of {promised} bytes.");
        }
        var known = new HttpRecord(
            Digest.FromHash(hash.Finish()), response.Headers.ETag?.ToString(), response.Content.Headers.LastModified);
        // Older versions stay: another build may be reading one.
        File.Move(partial, ContentOf(folder, known.Digest), overwrite: true);
        Store.ReplaceFile(RecordOf(folder), JsonSerializer.SerializeToUtf8Bytes(known, HttpRecordJson.Default.HttpRecord));
        return Found(folder, known);
    }

    private static FetchedFile Checked(Uri address, FetchedFile file, Digest? checksum)
    {
        if (checksum is { } wanted && file.Digest != wanted)
            throw new FetchException($"Downloading {Shown(address)}: its digest is {file.Digest}, but --checksum says {wanted}. "
                + "Either the file was changed, or the checksum is for another version. Find out which before you change the checksum.");
        return file;
    }

    private static FetchedFile Found(string folder, HttpRecord known) =>
        new(ContentOf(folder, known.Digest), new FileInfo(ContentOf(folder, known.Digest)).Length, known.Digest,
            known.LastModified is { } time ? new FileTime(time.ToUnixTimeSeconds()) : null);

    private static HttpRecord? Read(string folder)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(RecordOf(folder)), HttpRecordJson.Default.HttpRecord);
            return record is not null && File.Exists(ContentOf(folder, record.Digest)) ? record : null;
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException or FormatException)
        {
            return null;
        }
    }

    private static string ContentOf(string folder, Digest digest) => Path.Combine(folder, digest.Hex);

    private static string RecordOf(string folder) => Path.Combine(folder, "last.json");

    private static string Shown(Uri address) => AddressSecrets.Without(address.ToString());

    private static string Hint(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound or HttpStatusCode.Gone => " Check the address, including the values of its variables.",
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => " The server requires credentials. "
            + "Download the file in a RUN with --mount=type=secret instead.",
        _ => "",
    };
}

/// <summary>What is remembered of a download, beside its content.</summary>
internal sealed record HttpRecord(Digest Digest, string? ETag, DateTimeOffset? LastModified);

[JsonSerializable(typeof(HttpRecord))]
internal sealed partial class HttpRecordJson : JsonSerializerContext;
