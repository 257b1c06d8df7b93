using System.Collections.Immutable;
using System.Text;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>Remembers in which repositories a blob was seen, so that a push can mount it, or fetch what was never downloaded.</summary>
/// <remarks>
/// One small file per blob, <c>cache/origins/ALGORITHM/HEX</c>, newest first, replaced in one step. It is a hint: two writers may
/// overwrite each other, and what it says may have been deleted since.
/// </remarks>
internal sealed class BlobOrigins(Store store)
{
    private const int Kept = 8;

    /// <summary>Idempotent, and free where the repository is the newest already.</summary>
    public void Record(Digest digest, ImageReference repository)
    {
        var known = Find(digest);
        if (!known.IsEmpty && known[0].Name == repository.Name)
            return;
        var lines = known.Select(origin => origin.Name).Where(name => name != repository.Name).Prepend(repository.Name).Take(Kept);
        store.Guarded(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(digest))!);
            Store.ReplaceFile(PathOf(digest), Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
        });
    }

    /// <summary>Repositories, newest first; their tags mean nothing.</summary>
    public ImmutableArray<ImageReference> Find(Digest digest)
    {
        try
        {
            return [.. File.ReadLines(PathOf(digest))
                .Select(line => ImageReference.TryParse(line, out var origin) ? origin : null).OfType<ImageReference>()];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    private string PathOf(Digest digest) => Path.Combine(store.Layout.Origins.Path, digest.Algorithm, digest.Hex);
}
