using Manifold.Fetching;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Planning;

/// <summary>
/// What the text of a named context means: <c>docker-image://</c>, <c>oci-layout://</c>, a git or http(s) address, else a folder.
/// </summary>
/// <remarks>Source: docker buildx build, <c>--build-context</c>.</remarks>
internal static class ContextText
{
    /// <param name="folder">What relative paths start from; absolute.</param>
    /// <param name="wrong">Why it is none.</param>
    public static NamedContext? Parse(string text, string folder, out string wrong)
    {
        wrong = "";
        if (Rest(text, "docker-image://") is { } image)
        {
            wrong = $"'{image}' is not an image reference. Expected docker-image://[registry/]repository[:tag][@digest], in lower case.";
            return ImageReference.TryParse(image, out var reference) ? new ImageContext(reference) : null;
        }
        if (Rest(text, "oci-layout://") is { } layout)
        {
            wrong = $"'{layout}' is not an OCI layout. Expected oci-layout://FOLDER[:TAG][@sha256:…].";
            return Layout(layout, folder);
        }
        if (ContextFetcher.IsRemote(text))
            return new RemoteContext(text);
        wrong = $"'{AddressSecrets.Without(text)}' is not a valid context. Expected a folder, docker-image://REFERENCE, "
            + "oci-layout://FOLDER, https://host/archive.tar.gz or https://host/repository.git#ref:folder.";
        return text.Contains("://", StringComparison.Ordinal) ? null : new FolderContext(Path.GetFullPath(text, folder));
    }

    /// <summary><c>FOLDER[:TAG][@DIGEST]</c></summary>
    private static LayoutContext? Layout(string text, string below)
    {
        Digest? digest = null;
        if (text.LastIndexOf('@') is >= 0 and var at)
        {
            if (!Digest.TryParse(text[(at + 1)..], out var parsed))
                return null;
            (digest, text) = (parsed, text[..at]);
        }
        var colon = text.LastIndexOf(':');
        var (folder, tag) = colon > text.LastIndexOf('/') ? (text[..colon], text[(colon + 1)..]) : (text, null);
        return folder.Length == 0 ? null : new LayoutContext(Path.GetFullPath(folder, below), tag, digest);
    }

    private static string? Rest(string text, string prefix) =>
        text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;
}
