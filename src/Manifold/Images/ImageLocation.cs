using System.Diagnostics.CodeAnalysis;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>The kinds of places that images live in.</summary>
public enum Transport { Registry, Store, OciLayout, OciArchive, DockerArchive }

/// <summary>Where an image is read from or written to, spelled as skopeo and buildah spell it.</summary>
/// <remarks>
/// <code>
/// quay.io/acme/app:1.4   docker://quay.io/acme/app:1.4     a registry
/// store:quay.io/acme/app:1.4                               Manifold's own store
/// oci:FOLDER[:NAME]          oci:FOLDER@DIGEST             an OCI image layout
/// oci-archive:FILE[:NAME]                                  a tar of one
/// docker-archive:FILE[:REFERENCE]                          what docker save writes
/// </code>
/// Source: containers-transports(5).
/// </remarks>
public sealed record ImageLocation
{
    private ImageLocation(Transport transport) => Transport = transport;

    public Transport Transport { get; }

    /// <summary>The image's name in a registry or in the store; null for the others.</summary>
    public ImageReference? Reference { get; private init; }

    /// <summary>The folder or file; null for a registry and the store.</summary>
    public string? Path { get; private init; }

    /// <summary>Which of the images in the layout or archive; null where there is but one.</summary>
    public string? Name { get; private init; }

    /// <summary>Which of the images in the layout, by digest.</summary>
    public Digest? Digest { get; private init; }

    /// <summary>True where the text said which transport; a bare reference leaves it to the command where to look first.</summary>
    public bool IsExplicit { get; private init; }

    public static ImageLocation InRegistry(ImageReference reference) =>
        new(Transport.Registry) { Reference = reference, IsExplicit = true };

    public static ImageLocation InStore(ImageReference reference) => new(Transport.Store) { Reference = reference, IsExplicit = true };

    public static ImageLocation Parse(string text)
    {
        if (!TryParse(text, out var location))
            throw new FormatException($"'{text}' is not an image location. Expected [registry/]repository[:tag][@digest], store:REFERENCE, "
                + "oci:FOLDER[:NAME], oci-archive:FILE[:NAME] or docker-archive:FILE[:REFERENCE].");
        return location;
    }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageLocation? location)
    {
        location = (text ?? "").Split(':', 2) switch
        {
            ["docker", var rest] when rest.StartsWith("//", StringComparison.Ordinal) => Named(Transport.Registry, rest[2..], true),
            ["store", var rest] => Named(Transport.Store, rest, true),
            ["oci", var rest] => InFiles(Transport.OciLayout, rest),
            ["oci-archive", var rest] => InFiles(Transport.OciArchive, rest),
            ["docker-archive", var rest] => InFiles(Transport.DockerArchive, rest),
            _ => Named(Transport.Registry, text ?? "", false),
        };
        return location is not null;
    }

    /// <summary>The same place, for another of its images: a tag of the repository, or a name in the layout.</summary>
    /// <exception cref="UsageException">The place cannot hold such a name.</exception>
    public ImageLocation Named(string name)
    {
        if (Reference is null)
            return this with { Name = name, Digest = null };
        if (ImageReference.TryParse($"{Reference.Name}:{name}", out var reference))
            return this with { Reference = reference };
        throw new UsageException($"'{name}' is not a valid tag for '{Reference.Name}'.");
    }

    /// <summary>The layout or archive as a whole.</summary>
    public ImageLocation WithoutName() => this with { Name = null, Digest = null };

    public override string ToString() => Transport switch
    {
        Transport.Registry => Reference!.ToString(),
        Transport.Store => $"store:{Reference}",
        _ => $"{Prefix}:{Path}{(Name is null ? "" : ":" + Name)}{(Digest is null ? "" : "@" + Digest)}",
    };

    private string Prefix => Transport switch
    {
        Transport.OciLayout => "oci",
        Transport.OciArchive => "oci-archive",
        _ => "docker-archive",
    };

    private static ImageLocation? Named(Transport transport, string text, bool isExplicit) =>
        ImageReference.TryParse(text, out var reference) ? new(transport)
        {
            // docker:// is skopeo's, which knows no short names: what has no registry there is docker.io's.
            Reference = isExplicit && transport is Transport.Registry ? reference.Qualified() : reference,
            IsExplicit = isExplicit,
        } : null;

    private static ImageLocation? InFiles(Transport transport, string text)
    {
        Digest? digest = null;
        if (text.LastIndexOf('@') is var at and > 0 && Oci.Digest.TryParse(text[(at + 1)..], out var parsed))
            (digest, text) = (parsed, text[..at]);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (path, name) = colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
        return path.Length == 0 || name?.Length == 0 ? null : new(transport)
        {
            Path = path,
            Name = name,
            Digest = digest,
            IsExplicit = true,
        };
    }
}
