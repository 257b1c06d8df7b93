using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Manifold.Server;

/// <summary>A line for each request: when, who, from where, what, the answer, its bytes and its time.</summary>
/// <remarks>
/// Nobody need be logged in to be written here. So every word of a line is printable ASCII without blanks: what else was sent is
/// percent-encoded, and a request can neither add a line nor send escape sequences to a terminal. Queries and headers are never logged.
/// </remarks>
internal sealed class AccessLog(Action<string> write, TimeProvider time)
{
    private const int PathCharacters = 400;

    public async Task AroundAsync(HttpContext http, Func<Task> handle)
    {
        var begin = time.GetTimestamp();
        try
        {
            await handle();
        }
        finally
        {
            var milliseconds = time.GetElapsedTime(begin).TotalMilliseconds;
            write(string.Create(CultureInfo.InvariantCulture,
                $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} {Address(http)} {User(http)} {Word(http.Request.Method)} {Word(Path(http))} "
                    + $"{http.Response.StatusCode} {Sent(http)} B {milliseconds:0.0} ms"));
        }
    }

    private static IPAddress? Address(HttpContext http) =>
        http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : http.Connection.RemoteIpAddress;

    /// <summary>Only who proved it: before that it could be anything, a password typed into the wrong field too.</summary>
    private static string User(HttpContext http) =>
        http.User.Identity is { IsAuthenticated: true, Name: { } name } ? Uri.EscapeDataString(name) : "-";

    private static string Word(string text) =>
        string.Concat(text.EnumerateRunes()
            .Select(one => one.Value is > ' ' and <= '~' ? one.ToString() : Uri.EscapeDataString(one.ToString())));

    private static long Sent(HttpContext http) => HttpMethods.IsHead(http.Request.Method) ? 0 : http.Response.ContentLength ?? 0;

    private static string Path(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        if (!target.StartsWith('/'))
            target = http.Request.Path.ToUriComponent(); // a whole address, as proxies are asked, may hold a password
        return target.Length <= PathCharacters ? target : target[..PathCharacters] + "…";
    }
}
