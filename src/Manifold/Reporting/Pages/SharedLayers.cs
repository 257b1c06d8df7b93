using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Oci;

namespace Manifold.Reporting.Pages;

/// <summary>The layers of an image that other platforms or other images of the same build also have.</summary>
internal sealed class SharedLayers
{
    private const int ShownNames = 3;

    private readonly Dictionary<Digest, List<string>> siblings;

    private SharedLayers(Dictionary<Digest, List<string>> siblings) => this.siblings = siblings;

    public static SharedLayers Of(BuildRecord record, RecordedComponent image)
    {
        var own = image.Platforms.SelectMany(platform => platform.Layers).Select(layer => layer.Digest).ToHashSet();
        var siblings = new Dictionary<Digest, List<string>>();
        foreach (var other in record.Components.Where(other => other != image))
            foreach (var digest in other.Platforms.SelectMany(platform => platform.Layers)
                .Select(layer => layer.Digest).Distinct().Where(own.Contains))
            {
                if (!siblings.TryGetValue(digest, out var names))
                    siblings[digest] = names = [];
                names.Add(other.ShortName);
            }
        return new SharedLayers(siblings);
    }

    public bool Has(RecordedLayer layer) => !layer.SharedWith.IsEmpty || siblings.ContainsKey(layer.Digest);

    public bool HasSibling(RecordedLayer layer) => siblings.ContainsKey(layer.Digest);

    /// <summary>The layer's class in the style sheet.</summary>
    public string Kind(RecordedLayer layer) => layer.Origin switch
    {
        LayerOrigin.Imported => "imported",
        LayerOrigin.Base => "base",
        _ => Has(layer) ? "shared" : "own",
    };

    /// <summary>The other places that have the layer: platforms of this image, then the first few images.</summary>
    public ImmutableArray<string> Places(RecordedLayer layer)
    {
        var names = siblings.GetValueOrDefault(layer.Digest) ?? [];
        return [.. layer.SharedWith.Select(platform => platform.ToString()), .. names.Take(ShownNames), .. names.Count > ShownNames
            ? [$"{names.Count - ShownNames} more images"] : Array.Empty<string>()];
    }
}
