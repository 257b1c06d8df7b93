using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>The arguments that every build has by itself: the target's and the build machine's platform under the names in use.</summary>
/// <remarks>
/// TARGET* and BUILD* are BuildKit's (Dockerfile reference, "Automatic platform ARGs in the global scope"). The names after
/// TARGETUNAME are ours: what download pages call the same processor, so that nobody needs a <c>case</c> over TARGETARCH.
/// </remarks>
internal static class PlatformArguments
{
    /// <summary>What each ecosystem calls a platform.</summary>
    private sealed record Spelling(string Uname, string Debian, string Rpm, string Triple, string DotNet, string Node);

    private static readonly ImmutableDictionary<string, Spelling> Spellings = new Dictionary<string, Spelling>
    {
        ["linux/amd64"] = new("x86_64", "amd64", "x86_64", "x86_64-linux-gnu", "linux-x64", "x64"),
        ["linux/386"] = new("i686", "i386", "i686", "i386-linux-gnu", "linux-x86", "ia32"),
        ["linux/arm64"] = new("aarch64", "arm64", "aarch64", "aarch64-linux-gnu", "linux-arm64", "arm64"),
        ["linux/arm/v7"] = new("armv7l", "armhf", "armv7hl", "arm-linux-gnueabihf", "linux-arm", "arm"),
        ["linux/arm/v6"] = new("armv6l", "armel", "armv6hl", "arm-linux-gnueabi", "linux-armv6", "arm"),
        ["linux/ppc64le"] = new("ppc64le", "ppc64el", "ppc64le", "powerpc64le-linux-gnu", "linux-ppc64le", "ppc64"),
        ["linux/riscv64"] = new("riscv64", "riscv64", "riscv64", "riscv64-linux-gnu", "linux-riscv64", "riscv64"),
        ["linux/s390x"] = new("s390x", "s390x", "s390x", "s390x-linux-gnu", "linux-s390x", "s390x"),
        ["linux/loong64"] = new("loongarch64", "loong64", "loongarch64", "loongarch64-linux-gnu", "linux-loongarch64", "loong64"),
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>The arguments by name. A platform that no ecosystem spells differently has its architecture's name everywhere.</summary>
    public static ImmutableSortedDictionary<string, string> For(Platform target, Platform build, string targetStage)
    {
        var arch = target.Architecture;
        var spelling = Spellings.GetValueOrDefault(target.ToString())
            ?? new Spelling(arch, arch, arch, $"{arch}-linux-gnu", $"linux-{arch}", arch);
        return new Dictionary<string, string>
        {
            ["TARGETPLATFORM"] = target.ToString(),
            ["TARGETOS"] = target.Os,
            ["TARGETARCH"] = arch,
            ["TARGETVARIANT"] = target.Variant ?? "",
            ["BUILDPLATFORM"] = build.ToString(),
            ["BUILDOS"] = build.Os,
            ["BUILDARCH"] = build.Architecture,
            ["BUILDVARIANT"] = build.Variant ?? "",
            ["TARGETSTAGE"] = targetStage,
            ["TARGETUNAME"] = spelling.Uname,
            ["TARGETDEBARCH"] = spelling.Debian,
            ["TARGETRPMARCH"] = spelling.Rpm,
            ["TARGETTRIPLE"] = spelling.Triple,
            ["TARGETRID"] = spelling.DotNet,
            ["TARGETNODEARCH"] = spelling.Node,
        }.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }
}
