using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>Finds the image that a name means among those of the store.</summary>
/// <remarks>
/// A name without a registry may be that of several:
/// <code>
/// 1  what was built here    under the plain name, <c>docker.io/library/NAME</c> in full, and was never in that repository
/// 2  what the name means    the alias, else each registry that is searched
/// 3  what has the name      though it was pulled from a registry that is not meant; only where nobody can be asked
/// </code>
/// </remarks>
internal sealed class LocalImages(Store store, RegistriesConf registries)
{
    /// <summary>The name in full and what it stands for; null where the store has no image of that name.</summary>
    public (ImageReference Name, Descriptor Target)? Find(ImageReference name) => FindMeant(name)
        ?? registries.LocalNames(name).Select(Stored).FirstOrDefault(found => found is not null);

    /// <summary>The same without what another registry's image is: for whoever can ask the one that is meant.</summary>
    public (ImageReference Name, Descriptor Target)? FindMeant(ImageReference name)
    {
        var names = registries.LocalNames(name);
        var isOwn = name.ShortName is null || IsBuiltHere(names[0]);
        return names.Skip(isOwn ? 0 : 1).Select(Stored).FirstOrDefault(found => found is not null);
    }

    /// <summary>Whether the store's image of a name was never in the repository that the name is of. False where it has none.</summary>
    public bool IsBuiltHere(ImageReference name) => store.Tags.Find(name) is { } image
        && new BlobOrigins(store).Find(image.Digest).All(origin => origin.Name != name.Name);

    private (ImageReference Name, Descriptor Target)? Stored(ImageReference name) =>
        store.Tags.Find(name) is { } target ? (name, target) : null;
}
