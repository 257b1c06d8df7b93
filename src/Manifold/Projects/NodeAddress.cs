using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Manifold.Text;

namespace Manifold.Projects;

/// <summary>The address of a node: <c>ssh://[user@]host[:port]</c>. The host can be a name from the configuration of ssh.</summary>
/// <remarks>
/// Without a user or a port, the configuration of ssh decides. IPv6 addresses are in brackets. There is no path and no password.
/// None of the parts starts with a hyphen, so ssh doesn't take one for an option.
/// </remarks>
internal sealed partial record NodeAddress
{
    private const string Scheme = "ssh://", Form = "ssh://[user@]host[:port]";

    private NodeAddress(string? user, string host, int? port) => (User, Host, Port) = (user, host, port);

    public string? User { get; }

    /// <summary>A name or an address, without brackets.</summary>
    public string Host { get; }

    public int? Port { get; }

    /// <summary>The arguments of ssh that say where to connect to.</summary>
    public ImmutableArray<string> Arguments =>
    [
        .. Port is { } port ? (string[])["-p", port.ToString(CultureInfo.InvariantCulture)] : [],
        User is null ? Host : $"{User}@{Host}",
    ];

    public static NodeAddress Parse(string text)
    {
        if (TryParse(text, out var address))
            return address;
        var (message, hint) = Explain(text);
        throw new FormatException($"{message} {hint}");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out NodeAddress? address)
    {
        address = null;
        if (text is null || AddressPattern().Match(text) is not { Success: true } match)
            return false;
        int? port = null;
        if (match.Groups["port"] is { Success: true } digits)
        {
            if (!int.TryParse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number is < 1 or > 65535)
                return false;
            port = number;
        }
        var host = match.Groups["host"].Value;
        if (match.Groups["six"] is { Success: true } six)
        {
            if (!IPAddress.TryParse(six.Value, out var ip) || ip.AddressFamily != AddressFamily.InterNetworkV6)
                return false;
            host = six.Value;
        }
        address = new NodeAddress(match.Groups["user"] is { Success: true } user ? user.Value : null, host, port);
        return true;
    }

    /// <summary>Returns whether the text is meant as an address, and not as a name.</summary>
    public static bool IsMeant(string text) => text.AsSpan().IndexOfAny(":/@") >= 0;

    /// <summary>A sentence about a text that is not an address, without its password, and a hint.</summary>
    public static (string Message, string Hint) Explain(string text)
    {
        var shown = ForeignText.Line(AddressSecrets.Without(text));
        var rest = text.StartsWith(Scheme, StringComparison.Ordinal) ? text[Scheme.Length..] : text;
        var (user, place) = rest.LastIndexOf('@') is >= 0 and var at ? (rest[..at], rest[(at + 1)..]) : ("", rest);
        if (user.Contains(':', StringComparison.Ordinal))
            return ("the address of the node contains a password.", "Remove it. ssh asks for the password if it needs one.");
        var hint = $"Expected {Form}, with a port from 1 to 65535.";
        if (rest == text)
            hint = !text.Contains("://", StringComparison.Ordinal) && TryParse(Scheme + text, out _) ? $"Did you mean {Scheme}{text}?"
                : $"Expected {Form}.";
        else if (place.Contains('/', StringComparison.Ordinal))
            hint = $"It has a path. Expected {Form}. 'folder' of the node sets the folder there.";
        else if (place.Count(':'.Equals) > 1 && !place.StartsWith('['))
            hint = "Put an IPv6 address in brackets: ssh://[2001:db8::7]:22.";
        return ($"'{shown}' is not the address of a node.", hint);
    }

    public override string ToString() => Scheme
        + (User is null ? "" : User + "@")
        + (Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)
        + (Port is { } port ? string.Create(CultureInfo.InvariantCulture, $":{port}") : "");

    [GeneratedRegex(@"\Assh://(?:(?<user>[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,254})@)?"
        + @"(?:(?<host>[A-Za-z0-9_][A-Za-z0-9_.-]{0,254})|\[(?<six>[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9_.-]{1,15})?)\])"
        + @"(?::(?<port>[0-9]{1,5}))?/?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex AddressPattern();
}
