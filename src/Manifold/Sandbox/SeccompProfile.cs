using System.Collections.Immutable;

namespace Manifold.Sandbox;

/// <summary>Which system calls a RUN may make: Docker's default for its default capabilities. Everything else fails with EPERM.</summary>
/// <remarks>The filter sees this machine's calls: under an emulator, those that the emulator makes.</remarks>
internal static class SeccompProfile
{
    internal const ulong NamespaceFlags = 0x7E020000; // every CLONE_NEW…
    internal const ulong VsockFamily = 40;
    internal const int NotImplemented = 38; // ENOSYS: glibc then falls back from clone3 to clone, whose flags can be seen

    private static readonly Lazy<ImmutableArray<string>> Allowed = new(() =>
    {
        using var reader = new StreamReader(typeof(SeccompProfile).Assembly.GetManifestResourceStream("seccomp-allowed.txt")!);
        return [.. reader.ReadToEnd().Split('\n').Where(line => !line.StartsWith('#'))
            .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    });

    /// <summary>The filter for this machine's processor; null for a processor that it does not know.</summary>
    public static RuntimeSeccomp? Of(string architecture)
    {
        if (Architectures(architecture) is not { Length: > 0 } architectures)
            return null;
        // PER_LINUX, PER_LINUX32, UNAME26 of both, and asking
        ReadOnlySpan<ulong> personalities = [0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF];
        var flags = architecture == "s390x" ? 1 : 0;
        return new RuntimeSeccomp("SCMP_ACT_ERRNO", 1, [.. architectures.Select(each => "SCMP_ARCH_" + each)],
        [
            Allow(Allowed.Value),
            Allow(["socket"], new RuntimeCondition(0, VsockFamily, null, "SCMP_CMP_NE")),
            .. personalities.ToArray().Select(each => Allow(["personality"], new RuntimeCondition(0, each, null, "SCMP_CMP_EQ"))),
            Allow(["clone"], new RuntimeCondition(flags, NamespaceFlags, 0, "SCMP_CMP_MASKED_EQ")),
            new RuntimeSyscalls(["clone3"], "SCMP_ACT_ERRNO") { ErrnoRet = NotImplemented },
        ]);
    }

    private static RuntimeSyscalls Allow(ImmutableArray<string> names, RuntimeCondition? condition = null) =>
        new(names, "SCMP_ACT_ALLOW") { Args = condition is null ? null : [condition] };

    /// <summary>As Docker's default profile has them, without <c>SCMP_ARCH_</c>; empty for a processor that has no filter.</summary>
    internal static ImmutableArray<string> Architectures(string architecture) => architecture switch
    {
        "amd64" => ["X86_64", "X86", "X32"],
        "386" => ["X86"],
        "arm64" => ["AARCH64", "ARM"],
        "arm" => ["ARM"],
        "ppc64le" => ["PPC64LE"],
        "riscv64" => ["RISCV64"],
        "s390x" => ["S390X", "S390"],
        _ => [],
    };
}
