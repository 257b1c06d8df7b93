using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Manifold.Verification.Binaries;

/// <summary>For which machines a Python package was made: the <c>WHEEL</c> file that lies beside an installed one.</summary>
/// <param name="Tags">The platforms' tags, e.g. <c>manylinux_2_17_x86_64</c>. Packages for every machine have no facts.</param>
/// <remarks>Source: PyPA specifications, "Platform compatibility tags" and "Recording installed projects".</remarks>
internal sealed partial record WheelFile(ImmutableArray<string> Tags) : FileFacts
{
    internal static bool Wants(string path) => path.EndsWith(".dist-info/WHEEL", StringComparison.Ordinal);

    internal static WheelFile? Read(ByteWindow window) => Of([.. TagLine().Matches(Encoding.Latin1.GetString(window.Start))
        .Select(match => match.Groups[1].Value)]);

    /// <summary>
    /// From the last part of a wheel's name, which holds the tags between dots;
    /// null where it is for every machine, or not one that is known.
    /// </summary>
    internal static WheelFile? OfName(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return name.EndsWith(".whl", StringComparison.Ordinal) && name.LastIndexOf('-') is var dash and > 0
            ? Of([.. name[(dash + 1)..^4].Split('.')]) : null;
    }

    [JsonIgnore]
    public override ImmutableArray<Machine> Machines => [.. Tags.Select(MachineOf).OfType<Machine>().Distinct()];

    public bool Equals(WheelFile? other) => other is not null && Tags.SequenceEqual(other.Tags);

    public override int GetHashCode() => Tags.Length;

    private static WheelFile? Of(ImmutableArray<string> tags) => tags.IsEmpty || tags.Any(tag => MachineOf(tag) is null)
        ? null : new WheelFile(tags);

    private static Machine? MachineOf(string tag)
    {
        var match = Tag().Match(tag);
        if (!match.Success)
            return null;
        var system = match.Groups[1].Value switch { "win" => "windows", ['m', 'a', 'c', ..] => "darwin", _ => "linux" };
        return match.Groups[2].Value switch
        {
            "x86_64" or "amd64" or "intel" or "universal2" => new Machine(system, "amd64"),
            "aarch64" or "arm64" => new Machine(system, "arm64"),
            "i686" or "i386" or "32" => new Machine(system, "386"),
            "armv7l" or "armv6l" => new Machine(system, "arm"),
            "ppc64le" or "s390x" or "riscv64" => new Machine(system, match.Groups[2].Value),
            "loongarch64" => new Machine(system, "loong64"),
            _ => null,
        };
    }

    [GeneratedRegex(@"^Tag:[ \t]*[^-\s]+-[^-\s]+-(\S+?)\r?$", RegexOptions.Multiline)]
    private static partial Regex TagLine();

    [GeneratedRegex(
        @"^(manylinux\w*?|musllinux\w*?|linux|win|macosx(?:_\d+)*)_?(x86_64|amd64|intel|universal2|aarch64|arm64|i686|i386|32|"
        + @"armv[67]l|ppc64le|s390x|riscv64|loongarch64)$")]
    private static partial Regex Tag();
}
