using Manifold.Oci;

namespace Manifold.Verification.Binaries;

/// <summary>
/// What a file's instructions are for: an operating system and a processor in Go's names, and the details that tell kin apart.
/// </summary>
/// <param name="Os">GOOS.</param>
/// <param name="Architecture">GOARCH where Go has one, else the format's own name.</param>
/// <param name="Abi">The calling convention where the file says it and the processor has several: <c>hard-float</c>, <c>soft-float</c>,
/// <c>ELFv1</c>, <c>x32</c>.</param>
internal sealed record Machine(string Os, string Architecture, string? Abi = null)
{
    /// <summary>The machine that a platform's files are for. Its ABI is the one that its distributions agree on.</summary>
    public static Machine Of(Platform platform) => new(platform.Os, platform.Architecture, (platform.Architecture, platform.Variant) switch
    {
        ("arm", "v7" or "v8") => HardFloat,
        ("arm", "v5") => SoftFloat,
        ("ppc64le", _) => "ELFv2",
        _ => null,
    });

    internal const string HardFloat = "hard-float", SoftFloat = "soft-float";

    /// <summary>For people: <c>arm64</c>, <c>arm (soft-float)</c>, <c>windows/amd64</c>.</summary>
    public override string ToString() => (Os == "linux" ? Architecture : $"{Os}/{Architecture}") + (Abi is null ? "" : $" ({Abi})");
}
