using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Manifold.Projects.Drafting;

/// <summary>One image of a drafted manifold.yaml.</summary>
/// <param name="Values">Its keys and values.</param>
/// <param name="Comments">Sentences above it.</param>
/// <param name="Bases">The images of the draft that it is based on.</param>
internal sealed record DraftImage(string Name, JsonObject Values, ImmutableArray<string> Comments, ImmutableArray<string> Bases)
{
    /// <summary>Orders the images so that each comes after the images that it is based on. Otherwise, the order stays.</summary>
    public static ImmutableArray<DraftImage> InOrder(ImmutableArray<DraftImage> images)
    {
        var (ordered, seen) = (ImmutableArray.CreateBuilder<DraftImage>(), new HashSet<string>(StringComparer.Ordinal));
        var byName = images.ToDictionary(image => image.Name, StringComparer.Ordinal);
        foreach (var image in images)
            Visit(image);
        return ordered.ToImmutable();

        void Visit(DraftImage image)
        {
            if (!seen.Add(image.Name))
                return;
            foreach (var needed in image.Bases.Where(byName.ContainsKey))
                Visit(byName[needed]);
            ordered.Add(image);
        }
    }
}

/// <summary>A manifold.yaml that was made up from what a folder has.</summary>
/// <param name="Sources">The files that it was made from.</param>
/// <param name="Text">The file's text.</param>
internal sealed record ProjectDraft(ImmutableArray<string> Sources, ImmutableArray<string> Images, string Text)
{
    /// <summary>Sentences for the person who runs the command.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}
