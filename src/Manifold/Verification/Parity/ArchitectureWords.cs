using System.Text.RegularExpressions;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Verification.Parity;

/// <summary>
/// Makes one platform's names comparable with another's:
/// <c>usr/lib/aarch64-linux-gnu/x.so</c> and <c>usr/lib/x86_64-linux-gnu/x.so</c> are the same file.
/// </summary>
internal sealed class ArchitectureWords(Platform platform)
{
    // The distributions', compilers' and runtimes' words for one processor; longer ones first, as a pattern takes the first that fits.
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["amd64"] = "x86[-_]64|amd64|x64",
        ["386"] = "i[3-6]86|x86",
        ["arm64"] = "aarch64|arm64|armv8",
        ["arm"] = "armv[5-8][a-z]*|armhfp?|armel|arm",
        ["ppc64le"] = "powerpc64le|ppc64le|ppc64el|ppc64",
        ["s390x"] = "s390x|s390",
        ["riscv64"] = "riscv64|rv64gc",
        ["loong64"] = "loongarch64|loong64",
    };

    private readonly Regex pattern = new(
        $"(?<![A-Za-z0-9])(?:{Words.GetValueOrDefault(platform.Architecture, Regex.Escape(platform.Architecture))}"
            + $")(?:[-_](?:[a-z]+[-_])?linux(?:[-_](?:gnu|musl)[a-z0-9]*)?)?(?![A-Za-z0-9])",
        RegexOptions.CultureInvariant);

    /// <summary>The text with each word for the architecture replaced by one that all platforms share.</summary>
    public string Neutral(string text) => pattern.Replace(text, "ARCH");

    /// <summary>
    /// A path in the same form, with <c>lib64</c> as <c>lib</c>; null for what only this architecture can have: its loader.
    /// </summary>
    public string? NeutralPath(string path)
    {
        if (IsLoader(EntryPath.Name(path)))
            return null;
        var parts = Neutral(path).Split('/');
        for (var i = 0; i < parts.Length; i++)
            if (parts[i] == "lib64")
                parts[i] = "lib";
        return string.Join('/', parts);
    }

    private static bool IsLoader(string name) =>
        name.StartsWith("ld-linux", StringComparison.Ordinal) || name.StartsWith("ld-musl", StringComparison.Ordinal)
        || name.StartsWith("ld64.so", StringComparison.Ordinal) || name.StartsWith("ld.so.1", StringComparison.Ordinal)
        || (name.StartsWith("ld-2.", StringComparison.Ordinal) && name.EndsWith(".so", StringComparison.Ordinal));
}
