using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>
/// What a name in FROM, <c>COPY --from</c> or <c>RUN --mount from=</c> means instead of itself: <c>--build-context NAME=…</c>.
/// </summary>
/// <remarks>A closed family.</remarks>
internal abstract record NamedContext;

/// <summary>
/// Another image of the same project, by its name there: <c>image:NAME</c>, bake's <c>target:NAME</c>, compose's <c>service:NAME</c>.
/// </summary>
internal sealed record SiblingContext(string Name) : NamedContext;

/// <summary><c>docker-image://REFERENCE</c>.</summary>
internal sealed record ImageContext(ImageReference Reference) : NamedContext
{
    private static readonly ImageReference Scratch = ImageReference.Parse("scratch");

    /// <summary><c>docker-image://scratch</c>: nothing. No registry has an image of that name.</summary>
    public bool IsScratch => Reference == Scratch;
}

/// <summary>A folder; absolute.</summary>
internal sealed record FolderContext(string Folder) : NamedContext
{
    /// <summary>
    /// When what it was fetched from was made, in seconds since 1970; null where nobody knows, and of a folder of this machine.
    /// </summary>
    /// <remarks>Found out when it is asked for.</remarks>
    public Lazy<long?>? Time { get; init; }
}

/// <summary><c>oci-layout://FOLDER[:TAG][@DIGEST]</c>; the folder is absolute.</summary>
internal sealed record LayoutContext(string Folder, string? Tag, Digest? Digest) : NamedContext;

/// <summary>A repository or a file elsewhere: a git or http(s) address.</summary>
internal sealed record RemoteContext(string Address) : NamedContext;
