using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Fetching;

/// <summary>A file that was downloaded, in the store.</summary>
/// <param name="Path">Stays as it is for as long as the store's shared lock is held.</param>
/// <param name="Modified"><c>Last-Modified</c>; null where the server does not say.</param>
internal sealed record FetchedFile(string Path, long Size, Digest Digest, FileTime? Modified);
