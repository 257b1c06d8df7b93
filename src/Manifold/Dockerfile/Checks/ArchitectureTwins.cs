using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>Instructions that do the same for several architectures, one each: together they handle all of them.</summary>
/// <remarks>
/// A twin is the same instruction with another architecture anywhere in the file,
/// or one of that kind right beside it in its stage.
/// </remarks>
internal sealed partial class ArchitectureTwins
{
    // Of the instructions of one kind that name an architecture; between them may stand what unpacks or checks.
    private const int Near = 3;

    private readonly Dictionary<string, HashSet<string>> same = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Stage, string Kind), List<WrittenArchitecture>> beside = [];
    private readonly Dictionary<WrittenArchitecture, (int Stage, int At)> places = new(ReferenceEqualityComparer.Instance);

    /// <summary>In the order of the file.</summary>
    public void Add(WrittenArchitecture written, int stage)
    {
        if (!same.TryGetValue(Skeleton(written), out var families))
            same[Skeleton(written)] = families = new HashSet<string>(StringComparer.Ordinal);
        families.Add(ArchitectureNames.Family(written.Word));
        var key = (stage, written.Instruction.GetType().Name);
        if (!beside.TryGetValue(key, out var list))
            beside[key] = list = [];
        places[written] = (stage, list.Count);
        list.Add(written);
    }

    public bool Has(WrittenArchitecture written)
    {
        var (stage, at) = places[written];
        var list = beside[(stage, written.Instruction.GetType().Name)];
        var family = ArchitectureNames.Family(written.Word);
        return same[Skeleton(written)].Count > 1
            || list.Take(at + Near + 1).Skip(Math.Max(0, at - Near)).Any(each => ArchitectureNames.Family(each.Word) != family);
    }

    /// <summary>The text without its architectures, and without the checksums that change with them.</summary>
    private static string Skeleton(WrittenArchitecture written)
    {
        var whole = written.Instruction.Source.Keyword.ToUpperInvariant() + " " + written.Text;
        return Checksum().Replace(ArchitectureNames.Words().Replace(whole, "A"), "H");
    }

    [GeneratedRegex("[0-9a-fA-F]{32,}")]
    private static partial Regex Checksum();
}
