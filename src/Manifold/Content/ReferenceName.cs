using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>The name of an entry of a layout's <c>index.json</c>: its annotation <c>org.opencontainers.image.ref.name</c>.</summary>
/// <remarks>
/// Source: OCI image specification, "Pre-Defined Annotation Keys". The name is the layout's matter, and no part of the image. Docker and
/// containerd keep the full name beside it, which they cut down to the tag.
/// </remarks>
internal static class ReferenceName
{
    private const string Annotation = "org.opencontainers.image.ref.name", FullAnnotation = "io.containerd.image.name";

    public static string? Of(Descriptor entry) => entry.Annotations?.GetValueOrDefault(Annotation);

    /// <summary>The name with registry and repository, where somebody wrote it.</summary>
    public static string? FullOf(Descriptor entry) => entry.Annotations?.GetValueOrDefault(FullAnnotation);

    public static Descriptor Named(this Descriptor target, string name) =>
        target with { Annotations = (target.Annotations ?? ImmutableSortedDictionary<string, string>.Empty).SetItem(Annotation, name) };

    public static Descriptor FullyNamed(this Descriptor target, string name) =>
        target with { Annotations = (target.Annotations ?? ImmutableSortedDictionary<string, string>.Empty).SetItem(FullAnnotation, name) };

    public static Descriptor WithoutName(this Descriptor entry) => entry with
    {
        Annotations = entry.Annotations?.Remove(Annotation).Remove(FullAnnotation) is { IsEmpty: false } others ? others : null,
    };
}
