using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Manifold.Text;

namespace Manifold.Registry;

/// <summary>What goes wrong, as people are told it: what we were doing, what happened, what to do.</summary>
internal sealed partial class RegistryHost
{
    private const int ErrorBytes = 64 * 1024;

    /// <summary>The registry broke the protocol; trying again would not help.</summary>
    /// <param name="what">What it does, as the rest of a sentence.</param>
    public RegistryException Failed(RegistryRequest request, string what, Exception? inner = null) =>
        new($"{request.Doing}: the registry '{Name}' {what}", inner) { Registry = Name };

    /// <summary>What came is not what was promised: the registry's fault, or that of somebody on the way, which may pass.</summary>
    public RegistryException Damaged(RegistryRequest request, string what) =>
        new($"{request.Doing}: the registry '{Name}' {what}") { Registry = Name, Retries = Retries.Few };

    /// <summary>The transfer ended too early, and is worth another try.</summary>
    public RegistryException Cut(RegistryRequest request, string what, Exception? inner = null) =>
        new($"{request.Doing}: the registry '{Name}' {what} Try again. Finished transfers are kept.", inner)
        {
            Registry = Name,
            Retries = Retries.Many,
        };

    /// <inheritdoc cref="RefusedAsync(RegistryRequest, HttpResponseMessage, Uri, CancellationToken)"/>
    public Task<RegistryException> RefusedAsync(RegistryRequest request, RegistryResponse response, CancellationToken cancellation) =>
        RefusedAsync(request, response.Message, response.Address, cancellation);

    /// <summary>The exception for an answer that is not what was asked for. Disposes <paramref name="response"/>.</summary>
    /// <remarks>Source: OCI distribution specification, "Error Codes".</remarks>
    public async Task<RegistryException> RefusedAsync(
        RegistryRequest request, HttpResponseMessage response, Uri address, CancellationToken cancellation)
    {
        using var _ = response;
        var (code, text, detail) = ReadError(await ReadErrorBodyAsync(request, response, cancellation).ConfigureAwait(false));
        var status = response.StatusCode;
        var credential = status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? await authenticator.CredentialAsync(request, cancellation).ConfigureAwait(false) : Credential.Anonymous;
        var details = string.Join(": ", new[] { code, text, detail }.Where(part => part is { Length: > 0 }).Distinct());
        var isStorage = !IsOurs(address) && !request.IsForToken;
        var who = IsOurs(address) ? "the registry" : $"'{address.Authority}'";
        var after = RetryAfter(response);
        var isScope = response.Headers.WwwAuthenticate.Any(
            challenge => challenge.Parameter?.Contains("insufficient_scope", StringComparison.Ordinal) is true);
        var words = $"{code} {text} {detail} {(isScope ? "insufficient_scope" : null)}";
        var advice = IsOurs(address)
            ? RegistryQuirks.Translate(new(Name, request.Repository, request.Push, status, words) { IsAboutLogin = request.IsForToken })
            : null;
        if (advice is not null && credential.Note is { } note)
            advice = note + advice;
        var passing = IsPassing(status) && (after ?? TimeSpan.Zero) <= Retries.Patience;
        return new RegistryException(
            $"{request.Doing}: {who} answered {(int)status}{(details.Length > 0 ? $" ({details})" : "")}. "
                + $"{advice ?? (isStorage ? StorageAdvice(status) : Advice(request, status, credential))}")
        {
            Registry = Name,
            Status = status,
            Code = code,
            RetryAfter = after,
            Retries = passing ? Retries.Many : 0,
        };
    }

    private string Advice(RegistryRequest request, HttpStatusCode status, Credential credential) => status switch
    {
        HttpStatusCode.Unauthorized when credential.IsAnonymous => $"{credential.Note}Log in with: manifold login {Name}",
        HttpStatusCode.Unauthorized => $"{Capital(credential)} was not accepted. Log in again with: manifold login {Name}",
        HttpStatusCode.Forbidden when credential.IsAnonymous => $"{credential.Note}Log in with: manifold login {Name}",
        HttpStatusCode.Forbidden => $"{Capital(credential)} does not have permission to do this. Ask for access, or log in as another "
            + $"user: manifold login {Name}",
        HttpStatusCode.NotFound => "Check the name.",
        HttpStatusCode.RequestedRangeNotSatisfiable when request.Method == HttpMethod.Get =>
            "It has fewer bytes than the manifest says. Push the image again.",
        HttpStatusCode.RequestedRangeNotSatisfiable => "The registry received different bytes than were sent. If several instances of a "
            + "registry share an address, they must share their storage. Ask the administrator.",
        >= HttpStatusCode.InternalServerError => "The registry has an internal problem. Try again later.",
        _ => "Check that it is a container registry.",
    };

    /// <summary>
    /// Advice for a refusal by a host that the registry sent us to.
    /// No login of the registry is sent there, so none is at fault.
    /// </summary>
    private string StorageAdvice(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            $"The registry '{Name}' redirects to this host, and a login does not help. Check this machine's clock, and that proxies and "
                + "firewalls allow that host.",
        >= HttpStatusCode.InternalServerError => $"The registry '{Name}' redirects to this host. Try again later.",
        _ => $"The registry '{Name}' redirects to this host. Try again. If this persists, the registry's storage is damaged.",
    };

    private static string Capital(Credential credential) =>
        credential.ToString() is var text ? char.ToUpperInvariant(text[0]) + text[1..] : "";

    private RegistryException TimedOut(RegistryRequest request, Uri address, Exception inner) =>
        inner.InnerException is TimeoutException
            ? new($"{request.Doing}: '{address.Authority}' did not accept a connection "
                + $"within {options.ConnectTimeout.TotalSeconds:0} s. Check the name and the network.", inner)
            {
                Registry = Name,
            }
            : new($"{request.Doing}: '{address.Authority}' did not respond for {options.StallTimeout.TotalSeconds:0} s. Try again later.",
                inner)
            {
                Registry = Name,
                Retries = Retries.Few,
            };

    private RegistryException Unreachable(RegistryRequest request, Uri address, Exception inner)
    {
        var host = address.Authority;
        var socket = inner.InnerException as SocketException;
        var proxy = options.Proxy?.GetProxy(address)?.Authority;
        var (text, retries) = (inner as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.ProxyTunnelError => (
                $"the proxy '{proxy}' refused the connection to '{host}'{ProxyStatus(inner)}. Check HTTPS_PROXY, or add the host to "
                    + "NO_PROXY.",
                0),
            HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError when proxy is not null =>
                ($"cannot connect to the proxy '{proxy}' for '{host}'. Check HTTPS_PROXY and HTTP_PROXY, or add the host to NO_PROXY.",
                    Retries.Few),
            HttpRequestError.NameResolutionError => ($"cannot find the host '{address.Host}'. Check the name and the network.", 0),
            HttpRequestError.ConnectionError when socket is { SocketErrorCode: SocketError.TimedOut } =>
                ($"'{host}' did not accept a connection. Check the name and the network.", 0),
            HttpRequestError.ConnectionError =>
                (
                    $"cannot connect to '{host}' ({socket?.SocketErrorCode.ToString() ?? "no connection"}). Check the name, and check "
                        + "that the registry is running.",
                    Retries.Few),
            _ when trust.Explain(inner, address) is { } why => (why, 0),
            _ when trust.Hint is { } hint => ($"the connection to '{host}' was lost. {hint}", Retries.Few),
            _ when !hasAnswered && root is { Scheme: "http" } && IsOurs(address) => (
                $"the connection to '{host}' was lost. Try again later. {trust.HowToSpeakTls}", Retries.Many),
            _ => ($"the connection to '{host}' was lost. Try again later.", Retries.Many),
        };
        var refusal = new RegistryException($"{request.Doing}: {text}", inner) { Registry = Name, Retries = retries };
        IsUnreachable |=
            (inner as HttpRequestException)?.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError;
        return refusal;
    }

    /// <summary>
    /// A connection was refused, or there is no such host: where there is another to ask, this one need not be asked again.
    /// </summary>
    public bool IsUnreachable { get; private set; }

    // The tunnel's status is nowhere but in the message.
    private static string ProxyStatus(Exception inner) => StatusPattern().Match(inner.Message) is { Success: true } found
        ? found.Value == "407" ? " (it answered 407: it requires a user and a password, as in "
            + "http://USER:PASSWORD@HOST:PORT)" : $" (it answered {found.Value})" : "";

    [GeneratedRegex(@"(?<![:\d])[45]\d\d(?!\d)")]
    private static partial Regex StatusPattern();

    /// <summary>What passes by itself: too many requests, and trouble of the server.</summary>
    private static bool IsPassing(HttpStatusCode status) => (int)status is 408 or 429 or 500 or 502 or 503 or 504;

    // RFC 9110, section 10.2.3: seconds, or a date.
    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter is not { } after ? null : after.Delta ?? after.Date - options.Time.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private async Task<byte[]> ReadErrorBodyAsync(RegistryRequest request, HttpResponseMessage response, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        try
        {
            await CopyBodyAsync(request, response, piece =>
            {
                body.Write(piece.Span);
                return body.Length < ErrorBytes;
            }, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException)
        {
            // The status tells enough.
        }
        return body.ToArray();
    }

    private (string? Code, string? Text, string? Detail) ReadError(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var error =
                json.RootElement.TryGetProperty("errors", out var errors) && errors.GetArrayLength() > 0 ? errors[0] : json.RootElement;
            var detail = error.TryGetProperty("detail", out var more) && more.ValueKind is JsonValueKind.Object
                ? Member(more, "message") ?? Member(more, "description") : Member(error, "detail");
            return (Member(error, "code"), Member(error, "message") ?? Member(error, "details"), detail);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, null, null); // a proxy's page of HTML helps nobody
        }
    }

    private string? Member(JsonElement error, string name)
    {
        if (!error.TryGetProperty(name, out var value)
            || value.ValueKind is not JsonValueKind.String
            || value.GetString() is not { Length: > 0 } text)
            return null;
        text = AddressSecrets.Without(ControlPattern().Replace(authenticator.WithoutSecrets(text), " ")).TrimEnd('.', ' ');
        return text.Length > 300 ? text[..300] + "…" : text;
    }

    [GeneratedRegex(@"\p{C}+")]
    private static partial Regex ControlPattern();
}
