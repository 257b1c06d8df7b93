namespace Manifold.Layers;

/// <summary>Loops over what somebody else made may be long.</summary>
internal static class CancellableEntries
{
    /// <summary>The same items; asking for the next one throws once <paramref name="cancellation"/> is cancelled.</summary>
    public static IEnumerable<T> Until<T>(this IEnumerable<T> items, CancellationToken cancellation)
    {
        foreach (var item in items)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return item;
        }
    }
}
