using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Reads named contexts: a sibling, an image, a layout or a folder.</summary>
internal sealed class ContextResolver(Surroundings around, FileFaults faults)
{
    private static readonly ImmutableArray<string> SiblingPrefixes = ["image:", "target:", "service:"];

    /// <summary>Collects the fault of a context that is no folder, but somewhere else.</summary>
    public bool IsRemote(Located context)
    {
        var isRemote = context.Text.Contains("://", StringComparison.Ordinal) || context.Text.StartsWith("git@", StringComparison.Ordinal);
        if (isRemote)
            faults.Add(context.Place, $"the context '{AddressSecrets.Without(context.Text)}' is not a folder; others are not supported yet.", "Fetch it with a hook (before), and name its folder.");
        return isRemote;
    }

    public ImmutableSortedDictionary<string, NamedContext> Resolve(string image, ImmutableArray<Setting> contexts, bool madeLater)
    {
        var resolved = ImmutableSortedDictionary.CreateBuilder<string, NamedContext>(StringComparer.Ordinal);
        foreach (var context in contexts)
            if ((context.Value is { Length: > 0 } value ? Resolve(image, new Located(value, context.Place), madeLater) : Missing(context)) is { } found)
                resolved[context.Key] = found;
        return resolved.ToImmutable();
    }

    private NamedContext? Missing(Setting context)
    {
        faults.Add(context.Place, $"the context '{context.Key}' says not what it is.", "Expected image:NAME of this project, docker-image://REFERENCE, oci-layout://FOLDER, or a folder.");
        return null;
    }

    private NamedContext? Resolve(string image, Located context, bool madeLater)
    {
        if (SiblingPrefixes.FirstOrDefault(prefix => context.Text.StartsWith(prefix, StringComparison.Ordinal)) is { } sibling)
            return Sibling(image, context with { Text = context.Text[sibling.Length..] });
        if (Rest(context.Text, "docker-image://") is { } reference)
        {
            if (ImageReference.TryParse(reference, out var parsed))
                return new ImageContext(parsed);
            faults.Add(context.Place, $"'{reference}' is not an image reference.", "Expected [registry/]repository[:tag][@digest], in lower case.");
            return null;
        }
        if (Rest(context.Text, "oci-layout://") is { } layout)
            return Layout(layout);
        return IsRemote(context) ? null : Folder(context, madeLater);
    }

    private SiblingContext? Sibling(string image, Located name)
    {
        if (name.Text == image)
            faults.Add(name.Place, $"image '{image}' cannot stand on itself.");
        else if (!around.Siblings.Contains(name.Text))
            faults.Add(name.Place, $"there is no image '{name.Text}' in this project.", Suggestion.For(name.Text, around.Siblings) ?? $"An image of a registry is docker-image://{name.Text}.");
        else
            return new SiblingContext(name.Text);
        return null;
    }

    private LayoutContext Layout(string text)
    {
        Digest? digest = null;
        if (text.LastIndexOf('@') is var at and > 0 && Digest.TryParse(text[(at + 1)..], out var parsed))
            (digest, text) = (parsed, text[..at]);
        var colon = text.LastIndexOf(':');
        var (folder, tag) = colon > text.LastIndexOf('/') ? (text[..colon], text[(colon + 1)..]) : (text, null);
        return new LayoutContext(around.Paths.Absolute(folder), tag, digest);
    }

    private FolderContext Folder(Located context, bool madeLater)
    {
        var folder = around.Paths.Absolute(context.Text);
        if (!madeLater && !Directory.Exists(folder))
            faults.Add(context.Place, $"the context '{context.Text}' is not a folder.", Suggestion.For(context.Text, around.Siblings) is { } near && near.Contains(context.Text, StringComparison.Ordinal)
                ? $"Did you mean image:{context.Text}?" : $"Looked for '{folder}'. An image of this project is image:NAME, one of a registry docker-image://REFERENCE.");
        return new FolderContext(folder);
    }

    private static string? Rest(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;
}
