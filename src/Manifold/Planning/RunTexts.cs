using System.Globalization;
using System.Net;
using Manifold.Dockerfile;
using Manifold.Sandbox;

namespace Manifold.Planning;

/// <summary>Reads what command lines and project files say of RUNs, as docker has it.</summary>
/// <remarks>
/// The first parameter is what says it, for messages: a flag, or the key of a file. Everything that is wrong is a
/// <see cref="UsageException"/>.
/// </remarks>
internal static class RunTexts
{
    private static readonly string[] LimitNames =
    [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice",
        "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
    ];

    public static RunNetwork Network(string what, string text) =>
        Enum.Parse<RunNetwork>(Known(what, text, ["default", "none", "host"]), ignoreCase: true);

    /// <summary>What may be allowed to RUNs: <see cref="RunSettings.HostNetwork"/>, <see cref="RunSettings.Insecure"/>.</summary>
    public static string Entitlement(string what, string text) => Known(what, text, [RunSettings.HostNetwork, RunSettings.Insecure]);

    /// <summary><c>HOST:IP</c>, or <c>HOST=IP</c>, which is the newer form, and the one that IPv6 in brackets is written in.</summary>
    public static ExtraHost Host(string what, string text)
    {
        var at = text.IndexOfAny(['=', ':']);
        if (at <= 0 || at == text.Length - 1)
            throw new UsageException($"{what} '{text}': expected HOST:IP, for example registry.local:10.0.0.7.");
        var (name, address) = (text[..at], text[(at + 1)..].Trim('[', ']'));
        if (address != ExtraHost.Gateway && !IPAddress.TryParse(address, out _))
            throw new UsageException($"{what} '{text}': '{address}' is not an IP address.");
        return new ExtraHost(name, address);
    }

    /// <summary>A size of memory: <c>m</c> is MiB.</summary>
    /// <remarks>Source: docker/go-units, <c>RAMInBytes</c>.</remarks>
    public static long Memory(string what, string text)
    {
        var trimmed = text.Trim();
        var digits = trimmed.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        var power = trimmed[digits..].Trim().ToLowerInvariant() switch
        {
            "" or "b" => 0,
            "k" or "kb" or "kib" => 1,
            "m" or "mb" or "mib" => 2,
            "g" or "gb" or "gib" => 3,
            "t" or "tb" or "tib" => 4,
            _ => -1,
        };
        if (power < 0
            || !double.TryParse(trimmed[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number <= 0
            || number * Math.Pow(1024, power) >= long.MaxValue)
            throw new UsageException($"{what} {text}: '{text}' is not a size. Example: 256m.");
        return (long)(number * Math.Pow(1024, power));
    }

    /// <summary><c>TYPE=SOFT[:HARD]</c></summary>
    public static ResourceLimit Limit(string what, string text)
    {
        var (name, values) =
            text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (text[..at], text[(at + 1)..].Split(':')) : throw Wrong();
        if (!LimitNames.Contains(name))
            throw new UsageException($"{what} '{text}': unknown limit '{name}'. "
                + $"{Suggestion.For(name, LimitNames) ?? "Valid limits: " + string.Join(", ", LimitNames)}");
        if (values.Length > 2 || !Number(values[0], out var soft) || !Number(values[^1], out var hard))
            throw Wrong();
        if (hard != -1 && (soft == -1 || soft > hard))
            throw new UsageException($"{what} '{text}': the soft limit is higher than the hard limit.");
        return new ResourceLimit(name, soft, hard);

        static bool Number(string text, out long number) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) && number >= -1;
        UsageException Wrong() => new($"{what} '{text}': expected TYPE=SOFT[:HARD], for example nofile=1024:4096.");
    }

    private static string Known(string what, string given, string[] known)
    {
        if (!known.Contains(given))
            throw new UsageException(
                $"{what} {given}: expected {string.Join(", ", known)}.{(Suggestion.For(given, known) is { } hint ? $" {hint}" : "")}");
        return given;
    }
}
