using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Projects;

/// <summary>Which image references mean a component of the same project.</summary>
/// <remarks>
/// <code>
/// quay.io/acme/base:1.4    a tag that the component is published under
/// quay.io/acme/base        its repository, where nobody publishes 'latest' there: FROM without a tag means the one just built
/// base                     an alias
/// sibling.invalid/base     contexts: {x: "image:base"}, where the component has no published name
/// </code>
/// A component never means itself: FROM its own published name is the image that was published before.
/// </remarks>
internal sealed partial class SiblingNames
{
    private readonly Dictionary<ImageReference, HashSet<string>> meanings = [];
    private readonly Dictionary<string, ImageReference> references = new(StringComparer.Ordinal);

    public SiblingNames(Project project)
    {
        foreach (var component in project.Components)
        {
            var own = component.Tags.FirstOrDefault() ?? InventedFor(component.Name);
            references[component.Name] = own;
            var aliases = component.Aliases.Select(alias => ImageReference.TryParse(alias, out var reference) ? reference : null)
                .OfType<ImageReference>();
            foreach (var reference in component.Tags.Concat(aliases).Append(own))
                Add(reference, component.Name);
        }
        var exact = meanings.Keys.ToHashSet();
        foreach (var component in project.Components)
            foreach (var repository in component.Tags.Select(tag => tag.WithTag("latest"))
                .Where(latest => !exact.Contains(latest)).Distinct())
                Add(repository, component.Name);
    }

    /// <summary>The reference that stands for a component in its siblings' plans.</summary>
    public ImageReference? ReferenceOf(string component) => references.GetValueOrDefault(component);

    /// <summary>
    /// The component that <paramref name="user"/> means by a reference; null for an image from outside, or where several could be meant.
    /// </summary>
    public string? Find(ImageReference reference, string user) =>
        meanings.TryGetValue(reference, out var names) && names.Where(name => name != user).ToList() is [var only] ? only : null;

    /// <summary>Returns a reference for a component without a tag. No registry has it.</summary>
    private static ImageReference InventedFor(string component)
    {
        var readable = NotInNames().Replace(component.ToLowerInvariant(), "-");
        readable = readable[..Math.Min(readable.Length, 100)].Trim('-'); // a repository has at most 255 characters
        return ImageReference.Parse($"sibling.invalid/{(readable.Length > 0 ? readable + "-" : "")}{Digest.Of(component).Hex[..6]}");
    }

    private void Add(ImageReference reference, string name)
    {
        if (!meanings.TryGetValue(reference, out var names))
            meanings[reference] = names = new HashSet<string>(StringComparer.Ordinal);
        names.Add(name);
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}
