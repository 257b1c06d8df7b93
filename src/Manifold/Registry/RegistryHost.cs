using System.Net;
using System.Net.Http.Headers;
using Manifold.Linux;
using Manifold.Text;
using Polly;

namespace Manifold.Registry;

/// <summary>One registry as the wire has it: its address, its connections, its tokens.</summary>
/// <remarks>
/// <code>
/// SendAsync         1  tries again what is worth it
///   SendOnceAsync   2  takes one of the host's places, adds what authorizes, answers a 401 once
///     FollowAsync   3  follows redirects; what authorizes never goes to another host
///       ExchangeAsync  4  one request, one answer; trouble becomes a RegistryException
/// </code>
/// Thread-safe. Owns its connections.
/// </remarks>
internal sealed partial class RegistryHost : IDisposable
{
    private const int Redirects = 5;

    // Registries over object stores hash and copy a large blob before they answer.
    private const int SlowFactor = 10;

    private readonly RegistryOptions options;
    private readonly HttpClient client;
    private readonly SemaphoreSlim slots;
    private readonly SemaphoreSlim probing = new(1);
    private readonly Authenticator authenticator;
    private readonly ResiliencePipeline retries;
    private readonly ServerTrust trust;
    private readonly bool insecure;
    private volatile Uri? root;
    private volatile bool hasAnswered;

    /// <param name="insecure">Named as insecure by a configuration, besides those of the options.</param>
    public RegistryHost(string name, RegistryOptions options, bool insecure = false)
    {
        Name = name;
        this.options = options;
        this.insecure = insecure || options.InsecureHosts.Contains(name);
        trust = new ServerTrust(name, options.Certificates, this.insecure);
        slots = new SemaphoreSlim(options.Concurrency);
        authenticator = new Authenticator(this, options);
        retries = Retries.Create(options);
        client = CreateClient();
        root = this.insecure || (IsLoopback(name) && options.Certificates.HasFolderFor(name))
            ? null
            : new Uri(IsLoopback(name) ? $"http://{name}/" : $"https://{(name == "docker.io" ? "registry-1.docker.io" : name)}/");
    }

    /// <summary>As image references have it; <c>docker.io</c> is served by another host.</summary>
    public string Name { get; }

    public ResiliencePipeline Retrying => retries;

    /// <summary>Sends until there is an answer that trying again would not change. Errors of the client's side are answers too.</summary>
    public async Task<RegistryResponse> SendAsync(RegistryRequest request, CancellationToken cancellation) =>
        await retries.ExecuteAsync(async token => await SendOnceAsync(request, token).ConfigureAwait(false),
            cancellation).ConfigureAwait(false);

    /// <summary>Sends once, for callers that know better how to go on after a cut.</summary>
    public async Task<RegistryResponse> SendOnceAsync(RegistryRequest request, CancellationToken cancellation)
    {
        var place = request.FeedsAnother ? null : slots;
        if (place is not null)
            await place.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var target = new Uri(await RootAsync(request, cancellation).ConfigureAwait(false), request.Location);
            var authorization = await authenticator.AuthorizeAsync(request, null, null, cancellation).ConfigureAwait(false);
            var (response, address) = await FollowAsync(request, target, authorization, cancellation).ConfigureAwait(false);
            if (await AnswerAsync(request, response, address, authorization, cancellation).ConfigureAwait(false) is { } better)
                (response, address) = await FollowAsync(request, target, better, cancellation).ConfigureAwait(false);
            if (IsPassing(response.StatusCode))
                throw await RefusedAsync(request, response, address, cancellation).ConfigureAwait(false);
            return new RegistryResponse(response, address, place);
        }
        catch
        {
            place?.Release();
            throw;
        }
    }

    /// <summary>
    /// What may turn a refusal into an answer; null where nothing does. The refused response is disposed unless it stays the answer.
    /// </summary>
    private async Task<AuthenticationHeaderValue?> AnswerAsync(
        RegistryRequest request,
        HttpResponseMessage response,
        Uri address,
        AuthenticationHeaderValue? rejected,
        CancellationToken cancellation)
    {
        if (response.StatusCode is not HttpStatusCode.Unauthorized
            || !IsOurs(address)
            || Challenge.Choose(response.Headers) is not { } challenge)
            return null;
        var keep = false;
        try
        {
            var better = await authenticator.AuthorizeAsync(request, challenge, rejected, cancellation).ConfigureAwait(false);
            keep = better is null;
            return better;
        }
        finally
        {
            if (!keep)
                response.Dispose();
        }
    }

    /// <summary>Whether an address may be used on this registry's word: never less protected than the registry itself.</summary>
    public bool MayFollow(Uri address) => WebAddress.CanBeAsked(address)
        && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp && (insecure || root?.Scheme == Uri.UriSchemeHttp));

    private async Task<(HttpResponseMessage Response, Uri Address)> FollowAsync(
        RegistryRequest request, Uri address, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        for (var hop = 0; hop <= Redirects; hop++)
        {
            if (!MayFollow(address))
                throw Failed(request, WebAddress.CanBeAsked(address) ? $"redirects to '{address.Host}' without TLS, which is not allowed."
                    : $"redirects to '{AddressSecrets.Without(address.OriginalString)}', which is not a valid http(s) address.");
            var here = address;
            var response = await ExchangeAsync(
                request, moved => Message(request, here, authorization, moved), cancellation).ConfigureAwait(false);
            if (!IsRedirect(request.Method, response.StatusCode) || RegistryResponse.Resolve(address, response) is not { } next)
                return (response, address);
            response.Dispose();
            address = next;
        }
        throw Failed(request, $"redirects more than {Redirects} times.");
    }

    private HttpRequestMessage Message(RegistryRequest request, Uri address, AuthenticationHeaderValue? authorization, Action moved)
    {
        var message = new HttpRequestMessage(request.Method, address) { Content = request.Content?.Invoke(moved) };
        request.Headers?.Invoke(message.Headers);
        // Storage behind a registry is somebody else's host, with its own signature in the address.
        if (IsOurs(address))
            message.Headers.Authorization = authorization;
        return message;
    }

    /// <summary>One request and its answer's head. <paramref name="make"/> gets what its body must call whenever bytes move.</summary>
    public async Task<HttpResponseMessage> ExchangeAsync(
        RegistryRequest request, Func<Action, HttpRequestMessage> make, CancellationToken cancellation)
    {
        var patience = request.IsSlow ? options.StallTimeout * SlowFactor : options.StallTimeout;
        using var stalled = new CancellationTokenSource(patience, options.Time);
        using var interrupted = cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), stalled);
        using var message = make(() => stalled.CancelAfter(patience));
        message.Version = HttpVersion.Version20;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        message.Headers.UserAgent.ParseAdd(options.UserAgent);
        try
        {
            var answer = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, stalled.Token).ConfigureAwait(false);
            hasAnswered = true;
            return answer;
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw TimedOut(request, message.RequestUri!, e);
        }
        catch (HttpRequestException e) when (e.InnerException is UsageException)
        {
            throw e.InnerException; // a certificate of the user's that cannot be read
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unreachable(request, message.RequestUri!, e);
        }
    }

    /// <summary>
    /// The registry's address. An insecure host, and one of this machine that has certificates, is asked once: TLS, else plain HTTP. What
    /// shows a certificate that is not believed speaks TLS.
    /// </summary>
    private async Task<Uri> RootAsync(RegistryRequest request, CancellationToken cancellation)
    {
        if (root is { } known)
            return known;
        await probing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return root ??= await SpeaksTlsAsync(request, cancellation).ConfigureAwait(false)
                ? new Uri($"https://{Name}/")
                : new Uri($"http://{Name}/");
        }
        finally
        {
            probing.Release();
        }
    }

    private async Task<bool> SpeaksTlsAsync(RegistryRequest request, CancellationToken cancellation)
    {
        if (!OpenSsl.IsHere)
        {
            await RequirePlainHttpAsync(request, cancellation).ConfigureAwait(false);
            return false;
        }
        try
        {
            using var _ = await ExchangeAsync(request, _ => new(HttpMethod.Get, $"https://{Name}/v2/"), cancellation).ConfigureAwait(false);
            return true;
        }
        catch (RegistryException) when (!trust.HasDoubted)
        {
            return false;
        }
    }

    /// <summary>
    /// Where OpenSSL is missing, only plain HTTP can be tried. A server of TLS ends such a connection, or answers that the request is bad.
    /// </summary>
    private async Task RequirePlainHttpAsync(RegistryRequest request, CancellationToken cancellation)
    {
        try
        {
            using var answer = await ExchangeAsync(
                request, _ => new(HttpMethod.Get, $"http://{Name}/v2/"), cancellation).ConfigureAwait(false);
            if (answer.StatusCode is not HttpStatusCode.BadRequest)
                return;
        }
        catch (RegistryException e) when (e.InnerException is not HttpRequestException
        { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError })
        {
            // The connection was made, and the other side does not speak plain HTTP.
        }
        throw OpenSsl.Missing($"Connecting with TLS to '{Name}'");
    }

    private HttpClient CreateClient() => new(new TlsHandler(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = options.ConnectTimeout,
        UseProxy = options.Proxy is not null,
        Proxy = options.Proxy,
        SslOptions = trust.Options,
    }))
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Whether an address is the registry's own, and not that of a storage behind it.</summary>
    public bool IsOurs(Uri address) => root is { } ours && address.Scheme == ours.Scheme && address.Authority == ours.Authority;

    private static bool IsRedirect(HttpMethod method, HttpStatusCode status) =>
        status is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        || (status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            && (method == HttpMethod.Get || method == HttpMethod.Head));

    internal static string HostOf(string name) => new Uri($"https://{name}/").IdnHost.Trim('[', ']');

    internal static bool IsLoopback(string name) =>
        HostOf(name) is var host && (host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)));

    public void Dispose()
    {
        client.Dispose();
        slots.Dispose();
        probing.Dispose();
        authenticator.Dispose();
    }
}
