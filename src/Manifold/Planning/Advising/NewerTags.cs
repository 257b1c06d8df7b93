using System.Globalization;
using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Planning.Advising;

/// <summary>Finds the newest patch of a tag among a repository's tags: same numbers before the patch, same suffix. Pure.</summary>
/// <remarks>
/// <c>golang:1.22.3-bookworm</c> has the patch 3. <c>1.22.9-bookworm</c> is newer; <c>1.23.0-bookworm</c> and
/// <c>1.22.9</c> are different images.
/// </remarks>
internal static partial class NewerTags
{
    /// <summary>Null if the tag has no patch number, or if it is the newest.</summary>
    public static string? Find(ImageReference image, IEnumerable<string> tags)
    {
        if (Split(image, image.Tag) is not { } current)
            return null;
        return tags.Select(tag => (Tag: tag, Parts: Split(image, tag)))
            .Where(each => each.Parts is { } parts
                && (parts.Before, parts.Suffix) == (current.Before, current.Suffix) && parts.Patch > current.Patch)
            .OrderByDescending(each => each.Parts!.Value.Patch).Select(each => each.Tag).FirstOrDefault();
    }

    /// <summary>Whether the tag has a patch number, so that a newer one may exist.</summary>
    public static bool HasPatch(ImageReference image) => Split(image, image.Tag) is not null;

    private static (string Before, long Patch, string Suffix)? Split(ImageReference image, string? text)
    {
        // Debian's releases have one number, and its point releases are patches.
        var pattern = image.Repository.Split('/')[^1] == "debian" ? Debian() : ThreeNumbers();
        return text is not null && pattern.Match(text) is { Success: true } match
            && long.TryParse(match.Groups["patch"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var patch)
            ? (match.Groups["before"].Value, patch, match.Groups["suffix"].Value) : null;
    }

    [GeneratedRegex(@"^(?<before>v?\d+\.\d+\.)(?<patch>\d{1,6})(?<suffix>-.*)?\z")]
    private static partial Regex ThreeNumbers();

    [GeneratedRegex(@"^(?<before>\d+\.)(?<patch>\d{1,3})(?<suffix>-.*)?\z")]
    private static partial Regex Debian();
}
