using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>What a layout calls an image.</summary>
/// <param name="Name">The specification's annotation: a tag, or any name.</param>
/// <param name="FullName">The whole reference, for docker load and containerd; null where nobody said it.</param>
internal sealed record LayoutName(string Name, string? FullName = null)
{
    public static implicit operator LayoutName(string name) => new(name);

    /// <summary>The tag and the whole reference. Source: BuildKit's OCI exporter.</summary>
    public static LayoutName Of(ImageReference reference) => new(reference.Tag ?? reference.ToString(), reference.ToString());

    internal Descriptor On(Descriptor image) => FullName is null ? image.Named(Name) : image.Named(Name).FullyNamed(FullName);
}
