using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Projects.Bake;

/// <summary>What bake's context texts mean.</summary>
internal static class BakeContexts
{
    /// <summary>How bake spells the folder in which it was started.</summary>
    public const string WorkingFolder = "cwd://";

    public static bool IsRemote(string text) =>
        text.Contains("://", StringComparison.Ordinal) && !text.StartsWith(WorkingFolder, StringComparison.Ordinal) || text.StartsWith("git@", StringComparison.Ordinal) || text.StartsWith("github.com/", StringComparison.Ordinal);

    /// <summary>Paths of a bake file start from the working folder, wherever the file is.</summary>
    public static string FolderOf(string text, ReadingOptions options) =>
        Path.GetFullPath(Path.Combine(options.WorkingFolder, text.StartsWith(WorkingFolder, StringComparison.Ordinal) ? text[WorkingFolder.Length..].TrimStart('/') : text));

    /// <summary>Null with a reason where the text is no context that can be had.</summary>
    public static NamedContext? Parse(string text, ReadingOptions options, out string wrong)
    {
        wrong = "";
        if (text.StartsWith("target:", StringComparison.Ordinal))
            return new SiblingContext(text["target:".Length..]);
        if (Rest(text, "docker-image://") is { } image)
        {
            wrong = $"'{image}' is no image reference. Expected docker-image://[registry/]repository[:tag][@digest].";
            return ImageReference.TryParse(image, out var reference) ? new ImageContext(reference) : null;
        }
        if (Rest(text, "oci-layout://") is { } layout)
            return Layout(layout, options, out wrong);
        wrong = $"'{text}' is neither a folder nor target:NAME, docker-image://, oci-layout://. Contexts from elsewhere are not fetched here.";
        return IsRemote(text) ? null : new FolderContext(FolderOf(text, options));
    }

    /// <summary><c>FOLDER[:TAG][@DIGEST]</c></summary>
    private static LayoutContext? Layout(string text, ReadingOptions options, out string wrong)
    {
        wrong = $"'{text}' is no layout. Expected oci-layout://FOLDER[:TAG][@sha256:…].";
        Digest? digest = null;
        if (text.LastIndexOf('@') is >= 0 and var at)
        {
            if (!Digest.TryParse(text[(at + 1)..], out var parsed))
                return null;
            (digest, text) = (parsed, text[..at]);
        }
        var colon = text.LastIndexOf(':');
        var (folder, tag) = colon > text.LastIndexOf('/') ? (text[..colon], text[(colon + 1)..]) : (text, null);
        return folder.Length == 0 ? null : new LayoutContext(FolderOf(folder, options), tag, digest);
    }

    private static string? Rest(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;
}
