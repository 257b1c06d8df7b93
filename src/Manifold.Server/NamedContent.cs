using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>Compares what a pushed document says of other content with that content.</summary>
internal sealed class NamedContent(Store store, Contents contents)
{
    /// <summary>An error for each descriptor whose content is not here, or is not what the descriptor says. Stops after some.</summary>
    /// <remarks>Content that lies elsewhere (its descriptor has URLs) need not be here, and neither need a subject.</remarks>
    public async Task<List<ErrorEntry>> FaultsAsync(string repository, Document document, CancellationToken cancellation)
    {
        var faults = new List<ErrorEntry>();
        foreach (var child in document.Children.DistinctBy(child => (child.Digest, child.Size, child.MediaType)))
        {
            if (store.SizeOf(child.Digest) is null && child.Urls is { IsEmpty: false })
                continue;
            if (!await contents.IsInStoreAsync(child.Digest, cancellation))
                faults.Add(Missing(repository, child.Digest));
            else if (Lie(child) is { } lie)
                faults.Add(new(ErrorCode.ManifestInvalid, lie, child.Digest.ToString()));
            if (faults.Count == ServeLimits.ToldFaults)
                return faults;
        }
        if (document.Subject is { } subject && store.Contains(subject.Digest) && Lie(subject) is { } wrong)
            faults.Add(new(ErrorCode.ManifestInvalid, wrong, subject.Digest.ToString()));
        return faults;
    }

    private static ErrorEntry Missing(string repository, Digest digest) =>
        new(ErrorCode.ManifestBlobUnknown,
            $"'{repository}' has no '{digest}', which the manifest refers to. Push that content first.", digest.ToString());

    private string? Lie(Descriptor named)
    {
        if (store.SizeOf(named.Digest) is { } size && size != named.Size)
            return $"The manifest says that '{named.Digest}' has {named.Size} bytes, but it has {size}.";
        return (MediaType.IsManifest(named.MediaType) || MediaType.IsIndex(named.MediaType))
            && contents.TryRead(named) is { } bytes && Document.TryParse(named.MediaType, bytes) is null
            ? $"The manifest says that '{named.Digest}' has the media type '{named.MediaType}', but it does not." : null;
    }
}
