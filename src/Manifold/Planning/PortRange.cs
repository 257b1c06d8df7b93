using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Manifold.Planning;

/// <summary>What one word of EXPOSE means: <c>80</c>, <c>80/udp</c>, <c>8000-8010/tcp</c>.</summary>
internal sealed record PortRange(int First, int Last, string Protocol)
{
    /// <summary>As the config spells them, e.g. <c>80/tcp</c>.</summary>
    public IEnumerable<string> Ports =>
        Enumerable.Range(First, Last - First + 1).Select(port => string.Create(CultureInfo.InvariantCulture, $"{port}/{Protocol}"));

    public static bool TryParse(string text, [NotNullWhen(true)] out PortRange? range)
    {
        range = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var protocol = slash < 0 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        // Docker accepts HOST:CONTAINER here and ignores the host's part.
        var ports = (slash < 0 ? text : text[..slash]).Split(':')[^1].Split('-');
        if (protocol is not ("tcp" or "udp" or "sctp")
            || ports.Length > 2 || !IsPort(ports[0], out var first) || !IsPort(ports[^1], out var last) || last < first)
            return false;
        range = new PortRange(first, last, protocol);
        return true;
    }

    private static bool IsPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 0 and <= 65535;
}
