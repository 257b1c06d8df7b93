using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>
/// The names of architectures that are meant for another machine than the image's: cross compilers, emulators, other
/// systems, foreign packages.
/// </summary>
/// <param name="Families">The architectures that a stage builds for on purpose: it installs their cross compiler or their packages.</param>
internal sealed partial record ForeignWords(ImmutableHashSet<string> Families)
{
    // Around a word: names of files and packages are shorter, and a text may be long.
    private const int Reach = 200;

    public static ForeignWords None { get; } = new([]);

    /// <summary>With what a stage builds for.</summary>
    public ForeignWords With(Stage stage)
    {
        var families = Families;
        foreach (var text in stage.Instructions.OfType<RunInstruction>().Select(CommandText.Of))
        {
            families = families.Union(Added().Matches(text).Select(match => ArchitectureNames.Family(match.Groups[1].Value)));
            families = families.Union(ArchitectureNames.Words().Matches(text).Where(word => Tool().IsMatch(Part(text, word)))
                .Select(word => ArchitectureNames.Family(word.Value)));
        }
        return families == Families ? this : new ForeignWords(families);
    }

    /// <summary>True for a word that is no mistake.</summary>
    public bool Has(string text, Match word) => Families.Contains(ArchitectureNames.Family(word.Value)) || Tool().IsMatch(Part(text, word))
        || OtherSystem().IsMatch(Near(text, word)) || ForAll().IsMatch(Token(text, word)) || Source().IsMatch(Part(text, word))
        || Token(text, word).Contains("android-ndk", StringComparison.OrdinalIgnoreCase)
        || (OtherGoos().IsMatch(text) && !text.Contains("GOOS=linux", StringComparison.Ordinal))
        || IsAskedFor(text, word);

    /// <summary>The part of a path that a word stands in.</summary>
    private static string Part(string text, Match word) => Around(text, word, " \t\n\r\"'`;|&()<>,=/");

    /// <summary>The part of a path, with the folder that it is in.</summary>
    private static string Near(string text, Match word)
    {
        var token = Token(text, word);
        var part = Part(text, word);
        var at = token.IndexOf(part, StringComparison.Ordinal);
        var folder = at > 1 ? token.LastIndexOf('/', at - 2) + 1 : at;
        return at < 0 ? part : token[Math.Max(0, folder)..(at + part.Length)];
    }

    private static string Token(string text, Match word) => Around(text, word, " \t\n\r\"'`;|&()<>,");

    private static string Around(string text, Match word, string ends)
    {
        var (from, to) = (Math.Max(0, word.Index - Reach), Math.Min(text.Length, word.Index + word.Length + Reach));
        var start = text.AsSpan(from, word.Index - from).LastIndexOfAny(ends);
        var end = text.AsSpan(word.Index, to - word.Index).IndexOfAny(ends);
        return text[(start < 0 ? from : from + start + 1)..(end < 0 ? to : word.Index + end)];
    }

    /// <summary>A test for a path is no use of it.</summary>
    private static bool IsAskedFor(string text, Match word) => Test().IsMatch(text[Math.Max(0, word.Index - Reach)..word.Index]);

    /// <summary>
    /// aarch64-linux-gnu-gcc, gcc-aarch64-linux-gnu, libc6-dev-armhf-cross, crossbuild-essential-arm64,
    /// qemu-aarch64-static.
    /// </summary>
    [GeneratedRegex(
        @"-(?:gcc|g\+\+|c\+\+|cpp|cc|ld|as|ar|nm|strip|objcopy|objdump|ranlib|readelf|"
        + @"clang|clang\+\+|gfortran|gdb|pkg-config)(?:-\d+)?$|"
        + @"^(?:gcc|g\+\+|gfortran|binutils|cpp|gdc|gnat|crossbuild-essential|qemu(?:-system|-user|-static)?)(?:-\d+)?"
        + @"-(?:amd64|x86|aarch64|arm|ppc64|s390x|riscv64|loong|mips)|"
        + @"-cross$|^pkg-config-|-cross-")]
    private static partial Regex Tool();

    [GeneratedRegex(
        @"(?<![a-z])(?:"
        + @"windows|win(?:32|64)?|w64|mingw\w*|msvc|"
        + @"darwin|macos\w*|osx|apple|android\w*|"
        + @"freebsd|netbsd|openbsd|dragonfly|solaris|illumos|redox|"
        + @"uefi|unknown-none|none-e\w+|elf"
        + @")(?![a-z])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OtherSystem();

    /// <summary>Packages for all architectures, which lie in one's folder as well.</summary>
    [GeneratedRegex(@"\.noarch\b|[._-]noarch\.rpm\z|_all\.deb\z|-any\.whl\z")]
    private static partial Regex ForAll();

    [GeneratedRegex(@"\.(?:go|c|h|cc|cpp|rs|S|patch|diff|md|dts)\z")]
    private static partial Regex Source();

    [GeneratedRegex(@"\bGOOS=[""']?(?:windows|darwin|freebsd|netbsd|openbsd|js|wasip1|android|ios)\b")]
    private static partial Regex OtherGoos();

    [GeneratedRegex(@"--add-architecture[ =]([\w-]+)")]
    private static partial Regex Added();

    [GeneratedRegex(@"(?:\[\[?|\btest)\s+!?\s*-[defhLrsx]\s+[^\s;|&\]]*\z")]
    private static partial Regex Test();
}
