using System.Globalization;

namespace Manifold.Dockerfile;

/// <summary>The words of EXPOSE: <c>80</c>, <c>53/udp</c>, <c>8000-8010</c>.</summary>
internal static class ExposedPorts
{
    /// <summary>
    /// What is wrong with a word, or null. An address or a host port before it (<c>127.0.0.1:80:8080</c>) has no effect, as in BuildKit.
    /// </summary>
    public static string? Problem(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var protocol = slash < 0 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        var port = slash < 0 ? text : text[..slash];
        port = port[(port.LastIndexOf(':') + 1)..];
        var dash = port.IndexOf('-', StringComparison.Ordinal);
        var (first, last) = dash < 0 ? (port, port) : (port[..dash], port[(dash + 1)..]);
        if (protocol is not ("tcp" or "udp" or "sctp" or ""))
            return $"'{protocol}' is not a protocol";
        if (!IsPort(first, out var low) || !IsPort(last, out var high))
            return $"'{port}' is not a port or a range of ports";
        return low > high ? $"the range {port} ends before it begins" : null;
    }

    private static bool IsPort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
}
