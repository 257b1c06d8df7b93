using System.Globalization;
using System.Net;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Finds what compose and bake refuse of a service when they read its file, whatever is built of it.</summary>
/// <remarks>
/// Most of it comes from variables without a value, which make an empty name of an image or an empty part of a port.
/// Source: compose-go, schema, packages format and transform; what running containers alone mind is left to compose.
/// </remarks>
internal sealed class ServiceChecks(FileFaults faults)
{
    private const string Variable = "Check that every variable in this value is set.";

    private static readonly string[] Texts = ["context", "dockerfile", "dockerfile_inline", "target", "network", "isolation"];
    private static readonly string[] Lists =
    [
        "tags", "platforms", "cache_from", "cache_to", "entitlements", "args", "labels", "additional_contexts", "ssh", "extra_hosts",
    ];

    public void Check(string name, YamlMap service)
    {
        if (service.Find("image")?.Value is YamlScalar image)
            RequireText(image, $"image of service '{name}'");
        if (service.Find("build")?.Value is YamlMap build)
            foreach (var (key, value) in build.Entries)
                CheckBuild($"{key.Text} of service '{name}'", key, value);
        var volumes = Scalars(service, "volumes").Where(volume => volume.Text.Length != 1 && volume.Text.Length != 2);
        foreach (var volume in volumes.Where(volume => Parts(volume.Text).Any(part => part.Length == 0)))
            faults.Add(volume.Place, $"the volume '{volume.Text}' of service '{name}' has an empty part.", Variable);
        foreach (var port in Scalars(service, "ports"))
            if (Wrong(port.Text) is { } why)
                faults.Add(port.Place, $"the port '{port.Text}' of service '{name}': {why}.", Variable);
    }

    /// <summary>Names of keys are texts; numbers and truths are written in quotes.</summary>
    public void RequireTextKeys(YamlNode node)
    {
        foreach (var child in node is YamlList list ? list.Items : node is YamlMap map ? map.Entries.Select(entry => entry.Value) : [])
            RequireTextKeys(child);
        var keys = (node as YamlMap)?.Entries.Select(entry => entry.Key) ?? [];
        foreach (var key in keys.Where(key => key.IsNull || PlainScalar.IsNoText(key)))
            faults.Add(key.Place, $"compose does not read the key '{key.Text}' as a string.", "Put it in quotes.");
    }

    private void CheckBuild(string what, YamlScalar key, YamlNode value)
    {
        if (value is YamlScalar { IsNull: true } && !key.Text.StartsWith("x-", StringComparison.Ordinal))
            faults.Add(key.Place, $"{what} has no value.", "Remove the key.");
        if (Texts.Contains(key.Text) && value is YamlScalar text)
            RequireText(text, what);
        if (Lists.Contains(key.Text) && value is YamlList list)
            foreach (var item in list.Items.OfType<YamlScalar>())
                RequireText(item, $"an entry of {what}");
        if (key.Text == "ssh" && value is YamlList agents)
            foreach (var agent in agents.Items.OfType<YamlScalar>()
                .Where(agent => agent.Text != "default" && !agent.Text.Contains('=', StringComparison.Ordinal)))
                faults.Add(agent.Place, $"the ssh agent '{agent.Text}' of {what} has no path.", "Expected default or ID=PATH.");
    }

    private void RequireText(YamlScalar value, string what)
    {
        if (PlainScalar.IsNoText(value))
            faults.Add(value.Place, $"{what} is '{value.Text}', which compose does not read as a string.", "Put it in quotes.");
    }

    private static IEnumerable<YamlScalar> Scalars(YamlMap service, string key) =>
        service.Find(key)?.Value is YamlList list ? list.Items.OfType<YamlScalar>() : [];

    /// <summary>The parts between colons; that of a drive of Windows parts nothing.</summary>
    private static string[] Parts(string volume) =>
        (volume is [var drive, ':', _, ..] && char.IsAsciiLetter(drive) ? volume[2..] : volume).Split(':');

    /// <summary>Why a text is no port; null where it is one: <c>[[IP:]HOST:]CONTAINER[/PROTOCOL]</c>, with ranges.</summary>
    private static string? Wrong(string text)
    {
        var (ports, protocol) = text.Split('/', 2) is [var before, var after] ? (before, after) : (text, "tcp");
        var parts = ports.Split(':');
        var container = parts[^1];
        var host = parts.Length > 1 ? parts[^2] : "";
        var address = string.Join(':', parts[..Math.Max(0, parts.Length - 2)]).Trim('[', ']');
        if (container.Length == 0)
            return "the container port is missing";
        if (protocol.ToLowerInvariant() is not ("tcp" or "udp" or "sctp" or ""))
            return $"'{protocol}' is not a protocol";
        if (address.Length > 0 && !IsAddress(address))
            return $"'{address}' is not an IP address";
        if (Count(container) is not { } many || (host.Length > 0 && Count(host) is null))
            return $"'{(Count(container) is null ? container : host)}' is not a port or a range of ports";
        return host.Length > 0 && Count(host) != many && many > 1 ? "the ranges have different lengths" : null;
    }

    // IPAddress takes a single number as well.
    private static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out _) && (text.Contains(':', StringComparison.Ordinal) || text.Count(c => c == '.') == 3);

    /// <summary>How many ports a port or a range is; null where it is neither.</summary>
    private static int? Count(string text) => text.Split('-') switch
    {
        [var one] when Port(one) is not null => 1,
        [var first, var last] when Port(first) is { } from && Port(last) is { } to && from <= to => to - from + 1,
        _ => null,
    };

    private static int? Port(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
}
