using System.Text.RegularExpressions;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Projects.SideImages;

/// <summary>What a side-images folder has for all its components: the release they belong to.</summary>
/// <remarks>
/// The tag is the first of these that there is:
/// 1. OKD_TAG, OCP_TAG, OCP_BASE_TAG, RELEASE_TAG, RELEASE_BASE_TAG in the environment
/// 2. <c>var Base = "…"</c> in a <c>pkg/release/release.go</c> of this folder or one above it, where MicroShift has it
/// 3. the name of the release in image-references
/// 4. <c>latest</c>
/// image-references is IMAGE_REFERENCES, <c>image-references</c> here or in components/, or <c>.image-references.TAG</c>, as the script
/// keeps it.
/// </remarks>
internal sealed partial record ReleaseFolder(string Tag, ImageReferences? References)
{
    public static ReleaseFolder Read(string folder, ReadingOptions options, ProjectFaults faults)
    {
        string[] variables = ["OKD_TAG", "OCP_TAG", "OCP_BASE_TAG", "RELEASE_TAG", "RELEASE_BASE_TAG"];
        var variable = variables.FirstOrDefault(name => options.Variable(name) is not null);
        var tag = variable is not null ? options.Variable(variable) : BaseInSource(folder);
        var references = FileOf(folder, tag, options, faults) is { } path
            ? ImageReferences.Read(Text(folder, path, options), faults)
            : null;
        tag ??= references?.Version is { } version && IsTag(version) ? version : "latest";
        if (!IsTag(tag))
            faults.Add("environment", $"{variable} is not a valid tag. A tag has at most 128 letters, digits, '.', '_' and '-'",
                excerpt: $"{variable}={tag}");
        return new ReleaseFolder(tag, references);
    }

    /// <summary>A file that the user names may be anywhere; the folder's own file is in the folder.</summary>
    private static LocatedText Text(string folder, string path, ReadingOptions options)
    {
        var shown = ProjectPaths.In(options).Shown(path);
        return options.Variable("IMAGE_REFERENCES") is not null ? LocatedText.Read(path, shown)
            : LocatedText.Read(new ForeignFolder(folder), Path.GetRelativePath(folder, path), shown);
    }

    private static string? FileOf(string folder, string? tag, ReadingOptions options, ProjectFaults faults)
    {
        if (options.Variable("IMAGE_REFERENCES") is { } named)
        {
            var path = Path.Combine(options.WorkingFolder, named);
            if (!File.Exists(path))
                faults.Add("environment", "the file that IMAGE_REFERENCES names does not exist", excerpt: $"IMAGE_REFERENCES={named}");
            return File.Exists(path) ? path : null;
        }
        string[] candidates =
            ["image-references", Path.Combine(SideImagesFolder.ComponentsName, "image-references"), $".image-references.{tag}"];
        return candidates.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? (Directory.GetFiles(folder, ".image-references.*") is [var only] && tag is null ? only : null);
    }

    /// <summary>The script has it three folders up; here the folders above are looked through, as far as the checkout goes.</summary>
    private static string? BaseInSource(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            var file = Path.Combine(at.FullName, "pkg", "release", "release.go");
            if (File.Exists(file) && BasePattern().Match(LocatedText.Read(file, file).Text) is { Success: true } found)
                return found.Groups[1].Value;
            if (Path.Exists(Path.Combine(at.FullName, ".git")))
                return null;
        }
        return null;
    }

    private static bool IsTag(string text) =>
        ImageReference.TryParse("localhost/name:" + text, out var reference) && reference.Digest is null;

    [GeneratedRegex("""^\s*var\s+Base\s*=\s*"([^"\n]+)"\s*$""", RegexOptions.Multiline)]
    private static partial Regex BasePattern();
}
