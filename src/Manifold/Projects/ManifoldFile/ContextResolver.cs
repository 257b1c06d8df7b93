using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Reads named contexts: a sibling, an image, a layout or a folder.</summary>
internal sealed class ContextResolver(Surroundings around, FileFaults faults)
{
    private static readonly ImmutableArray<string> SiblingPrefixes = ["image:", "target:", "service:"];

    public ImmutableSortedDictionary<string, NamedContext> Resolve(string image, ImmutableArray<Setting> contexts, bool madeLater)
    {
        var resolved = ImmutableSortedDictionary.CreateBuilder<string, NamedContext>(StringComparer.Ordinal);
        foreach (var context in contexts)
        {
            var found = context.Value is { Length: > 0 } value
                ? Resolve(image, new Located(value, context.Place), madeLater)
                : Missing(context);
            if (found is not null)
                resolved[context.Key] = found;
        }
        return resolved.ToImmutable();
    }

    private NamedContext? Missing(Setting context)
    {
        faults.Add(context.Place, $"the context '{context.Key}' has no value.",
            "Expected image:NAME for an image of this project, docker-image://REFERENCE, oci-layout://FOLDER, an address or a folder.");
        return null;
    }

    private NamedContext? Resolve(string image, Located context, bool madeLater)
    {
        if (SiblingPrefixes.FirstOrDefault(prefix => context.Text.StartsWith(prefix, StringComparison.Ordinal)) is { } sibling)
            return Sibling(image, context with { Text = context.Text[sibling.Length..] });
        switch (ContextText.Parse(context.Text, around.Paths.Folder, out var wrong))
        {
            case FolderContext:
                return Folder(context, madeLater);
            case { } found:
                return found;
            default:
                faults.Add(context.Place, wrong);
                return null;
        }
    }

    private SiblingContext? Sibling(string image, Located name)
    {
        if (name.Text == image)
            faults.Add(name.Place, $"image '{image}' cannot use itself as a context.");
        else if (!around.Siblings.Contains(name.Text))
            faults.Add(name.Place, $"this project has no image '{name.Text}'.", Suggestion.For(name.Text,
                around.Siblings) ?? $"For an image in a registry, write docker-image://{name.Text}.");
        else
            return new SiblingContext(name.Text);
        return null;
    }

    private FolderContext Folder(Located context, bool madeLater)
    {
        var folder = around.Paths.Absolute(context.Text);
        if (!madeLater && !Directory.Exists(folder))
            faults.Add(context.Place, $"the context '{context.Text}' is not a folder.",
                Suggestion.For(context.Text, around.Siblings) is { } near && near.Contains(context.Text, StringComparison.Ordinal)
                    ? $"Did you mean image:{context.Text}?" : $"Looked for '{folder}'. For an image, write image:NAME (this project) or "
                    + "docker-image://REFERENCE (a registry).");
        return new FolderContext(folder);
    }
}
