using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>The name that an entry of a layout's <c>index.json</c> goes by: its annotation <c>org.opencontainers.image.ref.name</c>.</summary>
/// <remarks>Source: OCI image specification, "Pre-Defined Annotation Keys". The name is the layout's matter, and no part of the image.</remarks>
internal static class ReferenceName
{
    private const string Annotation = "org.opencontainers.image.ref.name";

    public static string? Of(Descriptor entry) => entry.Annotations?.GetValueOrDefault(Annotation);

    public static Descriptor Named(this Descriptor target, string name) =>
        target with { Annotations = (target.Annotations ?? ImmutableSortedDictionary<string, string>.Empty).SetItem(Annotation, name) };

    public static Descriptor WithoutName(this Descriptor entry) => entry with
    {
        Annotations = entry.Annotations?.Remove(Annotation) is { IsEmpty: false } others ? others : null,
    };
}
