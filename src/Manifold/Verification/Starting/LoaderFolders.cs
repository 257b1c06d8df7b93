using System.Collections.Immutable;
using Manifold.Verification.Binaries;

namespace Manifold.Verification.Starting;

/// <summary>
/// Where a loader looks for libraries when no program says where: its configuration in the image, then its built-in folders.
/// </summary>
/// <remarks>Source: ld.so(8), ldconfig(8), Debian's multiarch tuples; musl, <c>ldso/dynlink.c</c>.</remarks>
internal static class LoaderFolders
{
    private const int DeepestInclude = 4;

    // Debian's tuple, and the folder beside /lib that other distributions have for the processor.
    private static readonly ImmutableDictionary<string, (string Tuple, string Sibling)> Names = new Dictionary<string, (string, string)>
    {
        ["amd64"] = ("x86_64-linux-gnu", "lib64"),
        ["386"] = ("i386-linux-gnu", "lib32"),
        ["arm64"] = ("aarch64-linux-gnu", "lib64"),
        ["arm"] = ("arm-linux-gnueabihf", "lib"),
        ["ppc64le"] = ("powerpc64le-linux-gnu", "lib64"),
        ["ppc64"] = ("powerpc64-linux-gnu", "lib64"),
        ["riscv64"] = ("riscv64-linux-gnu", "lib64/lp64d"),
        ["s390x"] = ("s390x-linux-gnu", "lib64"),
        ["loong64"] = ("loongarch64-linux-gnu", "lib64"),
        ["mips64le"] = ("mips64el-linux-gnuabi64", "lib64"),
        ["mipsle"] = ("mipsel-linux-gnu", "lib"),
        ["mips64"] = ("mips64-linux-gnuabi64", "lib64"),
        ["mips"] = ("mips-linux-gnu", "lib"),
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>The processor's tuple, which <c>$LIB</c> stands for on Debian.</summary>
    public static string? TupleOf(Machine machine) => machine is { Architecture: "arm", Abi: Machine.SoftFloat } ? "arm-linux-gnueabi"
        : Names.TryGetValue(machine.Architecture, out var name) ? name.Tuple : null;

    /// <summary>Where libraries of any processor lie on systems that hold several beside each other.</summary>
    public static IEnumerable<string> OfAnyProcessor =>
        Names.Values.SelectMany(name => new[] { "/lib/" + name.Tuple, "/usr/lib/" + name.Tuple });

    /// <summary>Whether the image has a loader for a processor's programs, so that they are meant to be there.</summary>
    public static bool HasLoader(ImageView view, string architecture) => (architecture switch
    {
        "386" => new[] { "/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1" },
        "arm" => ["/lib/ld-linux-armhf.so.3", "/lib/ld-linux.so.3", "/lib/ld-musl-armhf.so.1", "/lib/ld-musl-arm.so.1"],
        _ => [],
    }).Any(loader => view.Find(loader) is { IsFolder: false });

    /// <param name="loader">The loader's own place: distributions that keep everything elsewhere (Nix, conda) build that folder in.</param>
    public static ImmutableArray<string> Of(ImageView view, Machine machine, Sighting? loader, bool musl)
    {
        if (musl)
            return Musl(view, loader);
        var folders = new List<string>();
        ReadConfig(view, "/" + TextFile.LoaderConfig, folders, 0);
        if (TupleOf(machine) is { } tuple)
            folders.AddRange(["/lib/" + tuple, "/usr/lib/" + tuple]);
        if (Names.TryGetValue(machine.Architecture, out var names))
            folders.AddRange(["/" + names.Sibling, "/usr/" + names.Sibling]);
        folders.AddRange(["/lib64", "/usr/lib64", "/lib", "/usr/lib", .. loader is null ? (string[])[] : [loader.Folder]]);
        return [.. folders.Distinct()];
    }

    /// <summary>One file names all folders where it is there; its name has the processor in musl's spelling.</summary>
    private static ImmutableArray<string> Musl(ImageView view, Sighting? loader)
    {
        var name = loader is null ? null : loader.Path[(loader.Path.LastIndexOf('/') + 1)..];
        var config = view.FilesIn("/" + TextFile.MuslFolder).FirstOrDefault(file =>
            file.Facts is TextFile && Name(file).StartsWith(TextFile.MuslPrefix, StringComparison.Ordinal)
            && (name is null || name.StartsWith(Name(file)[..^TextFile.MuslSuffix.Length], StringComparison.Ordinal)));
        return config is { Facts: TextFile { Text: var text } }
            ? [.. text.Split([':', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]
            : ["/lib", "/usr/local/lib", "/usr/lib"];

        static string Name(Sighting file) => file.Path[(file.Path.LastIndexOf('/') + 1)..];
    }

    private static void ReadConfig(ImageView view, string path, List<string> folders, int depth)
    {
        if (depth > DeepestInclude || view.Find(path)?.Facts is not TextFile { Text: var text })
            return;
        foreach (var line in text.Split('\n').Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0))
        {
            if (line.StartsWith("include", StringComparison.Ordinal) && line.Length > 8)
                Include(view, line[8..].Trim(), folders, depth);
            else if (line.StartsWith('/'))
                folders.Add(line.TrimEnd('/'));
        }
    }

    private static void Include(ImageView view, string pattern, List<string> folders, int depth)
    {
        foreach (var file in view.FilesLike(pattern.StartsWith('/') ? pattern : "/etc/" + pattern))
            ReadConfig(view, file.Path, folders, depth + 1);
    }
}
