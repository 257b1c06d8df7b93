using Manifold.Oci;

namespace Manifold.Solving.Keeping;

/// <summary>One layer of a chain, known by its diff id; where it comes from a base, also its blob there.</summary>
/// <param name="Remote">The base's blob and the repository that has it; null for layers that steps made.</param>
internal sealed record ChainLayer(Digest DiffId, RemoteBlob? Remote = null);

/// <summary>A blob that a registry has, whether or not it was downloaded.</summary>
internal sealed record RemoteBlob(Descriptor Descriptor, ImageReference Repository);
