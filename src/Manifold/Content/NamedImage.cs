using Manifold.Oci;

namespace Manifold.Content;

/// <summary>One entry of the store's index: a name as it was written, and its image.</summary>
public sealed record NamedImage(string Name, Descriptor Target)
{
    /// <summary>The name in normal form; null where another tool wrote what is not a reference.</summary>
    public ImageReference? Reference { get; } = ImageReference.TryParse(Name, out var reference) ? reference : null;
}
