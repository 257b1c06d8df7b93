using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Manifold.Oci;

/// <summary>An operating system and a processor, e.g. <c>linux/arm/v7</c>, always in normal form.</summary>
/// <remarks>
/// Names are GOOS and GOARCH (OCI image specification, "Image Index", <c>platform</c>). Normal form, as containerd has it: aliases
/// are replaced (x86_64, aarch64, armhf …), arm64 has no <c>v8</c>, amd64 no <c>v1</c>, and arm without a variant is v7.
/// </remarks>
public sealed record Platform
{
    private Platform(string os, string architecture, string? variant) =>
        (Os, Architecture, Variant) = (os, architecture, variant);

    public string Os { get; }
    public string Architecture { get; }
    public string? Variant { get; }

    /// <summary>
    /// The platform of this machine: of this program's processor, as Go's GOARCH is, whatever <c>uname -m</c> says under
    /// <c>setarch</c>.
    /// </summary>
    public static Platform Host { get; } = Normalized("linux", RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.Arm or System.Runtime.InteropServices.Architecture.Armv6 => "arm",
        var other => other.ToString().ToLowerInvariant(),
    }, null);

    public static Platform Parse(string text)
    {
        if (!TryParse(text, out var platform))
            throw new FormatException($"'{text}' is not a platform. Expected os/architecture[/variant], e.g. linux/arm64 or linux/arm/v7.");
        return platform;
    }

    /// <summary>Accepts <c>os/arch</c>, <c>os/arch/variant</c> and a bare architecture, which means Linux.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Platform? platform)
    {
        platform = null;
        var parts = (text ?? "").Trim().ToLowerInvariant().Split('/');
        if (parts.Length > 3 || parts.Any(part => part.Length == 0 || !part.All(IsNameCharacter)))
            return false;
        platform = parts.Length switch
        {
            1 when parts[0] is "linux" or "windows" or "darwin" or "local" => null,
            1 => Normalized("linux", parts[0], null),
            2 => Normalized(parts[0], parts[1], null),
            _ => Normalized(parts[0], parts[1], parts[2]),
        };
        return platform is not null;
    }

    /// <summary>The platform of an image document's fields, whatever spelling its builder used.</summary>
    public static Platform Normalized(string os, string architecture, string? variant)
    {
        var (arch, impliedVariant) = architecture switch
        {
            "x86_64" or "x86-64" or "x64" => ("amd64", null),
            "i386" or "i486" or "i586" or "i686" or "x86" => ("386", null),
            "aarch64" or "arm64v8" => ("arm64", null),
            "armhf" or "armhfp" or "arm32v7" or "armv7l" or "armv7" => ("arm", "v7"),
            "armel" or "arm32v6" or "armv6l" => ("arm", "v6"),
            "arm32v5" => ("arm", "v5"),
            "ppc64el" => ("ppc64le", null),
            "loongarch64" => ("loong64", null),
            _ => (architecture, (string?)null),
        };
        variant = string.IsNullOrEmpty(variant) ? impliedVariant : variant;
        variant = (arch, variant) switch
        {
            ("arm64", "v8" or "8") => null,
            ("amd64", "v1") => null,
            ("arm", null or "7") => "v7",
            ("arm", "5" or "6" or "8") => "v" + variant,
            _ => variant,
        };
        return new Platform(os, arch, variant);
    }

    /// <summary>As file names and tags have it: <c>linux-arm-v7</c>.</summary>
    public string Dashed => ToString().Replace('/', '-');

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';
}
