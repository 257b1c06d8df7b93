using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Nodes.Contexts;

/// <summary>A build context as an OCI artifact in the store.</summary>
/// <param name="Manifest">The manifest, which names all other blobs.</param>
/// <param name="Blobs">All blobs of the artifact, the manifest last.</param>
internal sealed record PackedContext(Descriptor Manifest, ImmutableArray<Descriptor> Blobs);

/// <summary>The media types of a packed context.</summary>
/// <remarks>
/// <code>
/// manifest    artifactType = <see cref="Artifact"/>, with the empty config
/// layer       tar+zstd: a group of files; times have fractions, owners are 0, and all groups together are in EntryPath.Order
/// layer       <see cref="IgnoreRules"/>: the lines of the ignore file; absent where it leaves nothing out
/// </code>
/// A hard link may name a file of an earlier group. A context without files has the empty blob as its only layer.
/// </remarks>
internal static class ContextFormat
{
    public const string Artifact = "application/vnd.manifold.context.v1";
    public const string IgnoreRules = "application/vnd.manifold.context.ignore.v1";
    public const string Group = MediaType.LayerZstd;
}
