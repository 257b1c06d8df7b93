using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Planning.Advising;

/// <summary>A base image that an image of the project is built on.</summary>
internal sealed record UsedBase(string Component, BaseImage Image);

/// <summary>Advises images of one project to use the same version of a base image, so that they share its layers. Pure.</summary>
/// <remarks>
/// Compared are tags of one repository that differ in their numbers after the first alone: <c>debian:12.5</c> and <c>debian:12.6</c>,
/// <c>node:20.1-slim</c> and <c>node:20.4-slim</c>. Other differences are on purpose, and tags of equal digests share their layers already.
/// </remarks>
internal static partial class SharedBases
{
    public static IEnumerable<BuildAdvice> Of(IEnumerable<UsedBase> bases) =>
        bases.Where(used => used.Image.Origin is not BaseOrigin.Sibling && FamilyOf(used.Image.Reference) is not null)
            .GroupBy(used => (Repository: used.Image.Reference.Name, Family: FamilyOf(used.Image.Reference)!.Value.Name))
            .Select(same => Advice(same.Key.Repository, [.. same])).OfType<BuildAdvice>();

    private static BuildAdvice? Advice(string repository, List<UsedBase> all)
    {
        var byTag = all.GroupBy(used => used.Image.Reference.Tag!)
            .OrderBy(same => FamilyOf(same.First().Image.Reference)!.Value.Version, VersionOrder).ToList();
        if (byTag.Count < 2 || all.Select(used => used.Component).Distinct().Count() < 2)
            return null;
        var newest = byTag[^1];
        var kept = newest.SelectMany(used => used.Image.Manifest.Layers).Select(layer => layer.Digest).ToHashSet();
        var saved = byTag.SkipLast(1).SelectMany(same => same).SelectMany(used => used.Image.Manifest.Layers)
            .DistinctBy(layer => layer.Digest).Where(layer => !kept.Contains(layer.Digest)).Sum(layer => layer.Size);
        if (saved == 0)
            return null;
        var name = all.Select(used => used.Image.Reference.ShortName).FirstOrDefault(written => written is not null) ?? repository;
        var uses = string.Join("; ", byTag.Select(same => Uses([.. same.Select(used => used.Component).Distinct()], $"{name}:{same.Key}")));
        return new BuildAdvice(AdviceKind.SharedBase,
            $"{uses}. Use {name}:{newest.Key} in all of them to share its layers ({DecimalBytes.Text(saved)} less to store and pull).");
    }

    private static string Uses(List<string> components, string image) =>
        $"{string.Join(", ", components)} {(components.Count == 1 ? "uses" : "use")} '{image}'";

    /// <summary>The part of a tag that must be equal, and the numbers that may differ.</summary>
    private static (string Name, ImmutableArray<long> Version)? FamilyOf(ImageReference image)
    {
        if (image.Tag is null || Version().Match(image.Tag) is not { Success: true } match)
            return null;
        var numbers = match.Groups["version"].Value.Split('.')
            .Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToImmutableArray();
        return ($"{match.Groups["prefix"].Value}{numbers[0]} {match.Groups["suffix"].Value}", numbers);
    }

    private static readonly Comparer<ImmutableArray<long>> VersionOrder = Comparer<ImmutableArray<long>>.Create((a, b) =>
    {
        var first = a.Zip(b, (x, y) => x.CompareTo(y)).FirstOrDefault(order => order != 0);
        return first != 0 ? first : a.Length.CompareTo(b.Length);
    });

    [GeneratedRegex(@"^(?<prefix>v?)(?<version>\d{1,9}(\.\d{1,9}){0,3})(?<suffix>-.*)?\z")]
    private static partial Regex Version();
}
