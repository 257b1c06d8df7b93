using Manifold.Oci;

namespace Manifold.Nodes.Ssh;

/// <summary>The native program for one platform, to be copied to nodes.</summary>
/// <param name="Source">The file that it is in, for people.</param>
/// <param name="Open">Opens the content, which has <paramref name="Size"/> bytes.</param>
internal sealed record NodeProgram(Platform Platform, Digest Digest, long Size, string Source, Func<Stream> Open);
