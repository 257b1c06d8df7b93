using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>How people write processors' names: in commands, in the names of files and folders, and in those of images.</summary>
internal static partial class ArchitectureNames
{
    /// <summary>Which processor a word means, whatever its spelling.</summary>
    public static string Family(string word) => word switch
    {
        "amd64" or "x86_64" or "x86-64" or "linux-x64" or "linux_x64" => "amd64",
        "arm64" or "aarch64" => "arm64",
        "ppc64le" or "ppc64el" => "ppc64le",
        "loong64" or "loongarch64" => "loong64",
        _ when word.StartsWith("arm", StringComparison.Ordinal) => "arm",
        _ => word,
    };

    /// <summary>True where a file is meant for one platform by its name, or by one of the folders that it is in.</summary>
    /// <remarks>Only the nearest folders count: whoever works below a folder of that name has said nothing about the file.</remarks>
    public static bool NamesOneMachine(string path) => path.Split('/', '\\').TakeLast(4).Any(part => InNames().IsMatch(part));

    /// <summary>True for an image that is for one processor by its name.</summary>
    public static bool IsImageForOne(string image) => InImages().IsMatch(image) || Words().IsMatch(image);

    public static bool IsWindows(string image) => Windows().IsMatch(image);

    /// <summary>The names that commands and addresses have.</summary>
    [GeneratedRegex(@"(?<![A-Za-z0-9])(?:"
        + @"amd64|x86_64|x86-64|"
        + @"aarch64|arm64|armhf|armel|armv[5-8]l?|"
        + @"ppc64le|ppc64el|s390x|riscv64|loong64|loongarch64|mips64le|mips64el|linux[-_]x64"
        + @")(?![A-Za-z0-9])")]
    public static partial Regex Words();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9])(?:"
        + @"amd64|x86|x86[_-]64|x64|i[3-6]86|386|"
        + @"aarch64|arm64(?:v8)?|arm32v[5-8]|arm|armhf|armel|armv[5-8][a-z]*|"
        + @"powerpc\w*|ppc64\w*|s390x|riscv64\w*|loong64|loongarch64|mips\w*|thumbv\w+|"
        + @"rpi\d?|raspi|raspberry-?pi\d?|raspbian|jetson|l4t|"
        + @"windows|nanoserver|(?:windows)?servercore"
        + @")(?![A-Za-z0-9])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex InNames();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9])(?:"
        + @"arm64v8|arm32v[5-8]|i386|armv7hf|"
        + @"rpi\d?|raspberry-?pi\d?|raspbian|jetson|l4t"
        + @")(?![A-Za-z0-9])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex InImages();

    [GeneratedRegex(@"windows|nanoserver|servercore|ltsc20\d\d", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Windows();
}
