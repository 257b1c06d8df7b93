using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Oci;

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
        return [.. reader.ReadToEnd().Split('\n').Where(line => !line.StartsWith('#')).SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    });

    /// <summary>Writes the member <c>seccomp</c> of the runtime specification's <c>linux</c>; nothing for a processor that it does not know.</summary>
    public static void Write(Utf8JsonWriter json)
    {
        if (Architectures(Platform.Host.Architecture) is not { Length: > 0 } architectures)
            return;
        json.WriteStartObject("seccomp");
        json.WriteString("defaultAction", "SCMP_ACT_ERRNO");
        json.WriteNumber("defaultErrnoRet", 1);
        json.WriteStartArray("architectures");
        foreach (var architecture in architectures)
            json.WriteStringValue("SCMP_ARCH_" + architecture);
        json.WriteEndArray();
        json.WriteStartArray("syscalls");
        Rule(json, Allowed.Value);
        Rule(json, ["socket"], (0, VsockFamily, null, "NE"));
        foreach (var personality in (ReadOnlySpan<ulong>)[0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF]) // PER_LINUX, PER_LINUX32, UNAME26 of both, and asking
            Rule(json, ["personality"], (0, personality, null, "EQ"));
        Rule(json, ["clone"], (Platform.Host.Architecture == "s390x" ? 1 : 0, NamespaceFlags, 0, "MASKED_EQ"));
        json.WriteStartObject();
        Names(json, ["clone3"]);
        json.WriteString("action", "SCMP_ACT_ERRNO");
        json.WriteNumber("errnoRet", NotImplemented);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

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

    private static void Rule(Utf8JsonWriter json, IEnumerable<string> names, (int Index, ulong Value, ulong? ValueTwo, string Operator)? condition = null)
    {
        json.WriteStartObject();
        Names(json, names);
        json.WriteString("action", "SCMP_ACT_ALLOW");
        if (condition is var (index, value, valueTwo, comparison))
        {
            json.WriteStartArray("args");
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteNumber("value", value);
            if (valueTwo is { } second)
                json.WriteNumber("valueTwo", second);
            json.WriteString("op", "SCMP_CMP_" + comparison);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Names(Utf8JsonWriter json, IEnumerable<string> names)
    {
        json.WriteStartArray("names");
        foreach (var name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }
}
