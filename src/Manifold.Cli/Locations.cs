using Manifold.Images;

namespace Manifold.Cli;

/// <summary>Locations of images as the commands read and tell them.</summary>
internal static class Locations
{
    public const string Help = "REFERENCE (in a registry), store:REFERENCE, oci:FOLDER[:NAME|@DIGEST], "
        + "oci-archive:FILE[:NAME] or docker-archive:FILE[:REFERENCE].";

    // A bare 'dir:x' is a reference as well, but who types it has a folder in mind, not a repository of Docker Hub.
    private static readonly string[] Foreign = ["dir", "docker-daemon", "containers-storage", "ostree", "sif", "tarball", "atomic"];

    /// <exception cref="UsageException">It is none.</exception>
    public static ImageLocation Parse(string text)
    {
        if (Foreign.FirstOrDefault(each => text.StartsWith(each + ":", StringComparison.Ordinal)) is { } transport)
            throw new UsageException($"'{text}': manifold does not support skopeo's transport '{transport}:'. Use {Help} For a repository "
                + $"named '{transport}', write docker://{text}");
        if (ImageLocation.TryParse(text, out var location))
            return location;
        throw new UsageException($"'{text}' is not the location of an image. Expected [registry/]repository[:tag][@digest], "
            + "store:REFERENCE, oci:FOLDER[:NAME], oci-archive:FILE[:NAME] or docker-archive:FILE[:REFERENCE].");
    }

    /// <summary>Where an image was read from, for people.</summary>
    public static string Place(ImageLocation location) => location.Transport switch
    {
        Transport.Registry => $"the registry {location.Reference!.Registry}",
        Transport.Store => "the store",
        Transport.OciLayout => $"the layout {location.Path}",
        _ => $"the archive {location.Path}",
    };
}
