using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Makes components of images' settings: paths absolute, names whole, defaults filled in; what cannot be is a fault.</summary>
internal sealed class ComponentResolver(Surroundings around, FileFaults faults)
{
    private static readonly ImmutableArray<string> OnlyLatest = ["latest"];

    private readonly SourceResolver sources = new(around, faults);
    private readonly Dictionary<ImageReference, (string Image, Place Place)> tags = [];
    private readonly Dictionary<string, (string Image, Place Place)> aliases = new(StringComparer.Ordinal);

    /// <returns>Null where so much is wrong that there is nothing to go on with.</returns>
    public Component? Resolve(NamedImage image)
    {
        var settings = image.Settings;
        var chosen = Platforms(image);
        var hooks = new HookResolver(around, image).Resolve(chosen);
        var platforms =
            chosen.Select(choice => sources.Resolve(image, choice, hooks.Length > 0)).OfType<ComponentPlatform>().ToImmutableArray();
        var attested = Attested(settings.Attest ?? []);
        var component = ComponentOutputs.Read(settings.Outputs ?? [], faults.Add).Applied(new Component
        {
            Name = image.Name,
            Place = image.Place,
            Tags = Tags(image),
            UnreadableTags = around.TagsMayBeShared ? UnreadableTags(image) : [],
            Aliases = Aliases(image),
            Platforms = platforms,
            IsForThisMachine = settings.Platforms is null && around.Architectures is null,
            Labels = SourceResolver.Table(settings.Labels, name => ""),
            Annotations = settings.Annotations,
            Before = hooks,
            Verification = settings.Verification ?? new ComponentVerification(),
            Publish = settings.Publish ?? true,
            PlatformTags = settings.PlatformTags ?? false,
            WithoutIndex = settings.WithoutIndex ?? false,
            Created = settings.Created,
            Sbom = attested.Sbom,
            Provenance = attested.Provenance,
            AttestTexts = [.. (settings.Attest ?? []).Select(text => text.Text)
                .Where(text => text.Contains('=', StringComparison.Ordinal))],
        });
        return platforms.IsEmpty ? null : component;
    }

    /// <summary>As <c>--attest</c> has them, or their types alone; a later one of a type counts.</summary>
    private FileAttestations Attested(ImmutableArray<Located> texts)
    {
        var read = FileAttestations.Read(texts, (place, message) => faults.Add(place, message));
        foreach (var warning in read.Warnings)
            faults.Warn(warning.Place, warning.Text);
        return read;
    }

    private ImmutableArray<PlatformChoice> Platforms(NamedImage image)
    {
        var said = image.Settings.Platforms;
        if (around.Architectures is not { } wanted)
            return said?.Entries ?? [new PlatformChoice(around.Options.DefaultPlatform, new ImageSettings(), image.Place)];
        if (said is null or { IsDefault: true })
            return [.. wanted.Select(platform => said?.Entries.FirstOrDefault(entry => entry.Platform == platform)
                ?? new PlatformChoice(platform, new ImageSettings(), image.Place))];
        ImmutableArray<PlatformChoice> kept = [.. said.Entries.Where(entry => wanted.Contains(entry.Platform))];
        if (kept.IsEmpty)
            faults.Add(said.Place, $"ARCHITECTURES ({string.Join(", ", wanted.Select(each => each.ToString()))}) contains none of the "
                + "platforms "
                + $"of image '{image.Name}': {string.Join(", ", said.Entries.Select(entry => entry.Platform))}.");
        return kept;
    }

    private ImmutableArray<ImageReference> Tags(NamedImage image)
    {
        var written = image.Settings.Tags ?? (around.NamesByDefault ? [.. OnlyLatest.Select(tag => new Located(tag, image.Place))] : []);
        var found = new List<ImageReference>();
        foreach (var tag in written)
        {
            if (Reference(tag, image) is not { } reference || found.Contains(reference))
                continue;
            found.Add(reference);
            if (tags.TryAdd(reference, (image.Name, tag.Place)))
                continue;
            if (around.TagsMayBeShared)
                faults.Warn(tag.Place, $"images '{tags[reference].Image}' and '{image.Name}' both have the tag '{reference}'. "
                    + "The image that is written last gets the tag.");
            else
                faults.Add(tag.Place, $"images '{tags[reference].Image}' (line {tags[reference].Place.Line}) and '{image.Name}' both have "
                    + $"the tag '{reference}'.");
        }
        return [.. found];
    }

    private static ImmutableArray<string> UnreadableTags(NamedImage image) =>
        [.. (image.Settings.Tags ?? []).Select(tag => tag.Text).Where(tag => !ImageReference.TryParse(tag, out _)).Distinct()];

    /// <summary>A bare tag is put under the registry and the image's name; a reference stays as it is.</summary>
    private ImageReference? Reference(Located tag, NamedImage image)
    {
        var isBare = around.NamesByDefault && tag.Text.AsSpan().IndexOfAny("/:@") < 0;
        var registry = around.Registry is { Text.Length: > 0 } prefix ? prefix.Text + "/" : "";
        var text = isBare ? $"{registry}{image.Name}:{tag.Text}" : tag.Text;
        if (!ImageReference.TryParse(text, out var reference))
            faults.Add(tag.Place, isBare ? $"'{tag.Text}' is not a valid tag for '{registry}{image.Name}'."
                : $"'{tag.Text}' is not an image reference.",
                isBare ? "A tag has at most 128 letters, digits, '.', '_' and '-'. A repository is in lower case."
                    : "Expected [registry/]repository[:tag], in lower case.");
        else if (reference.Digest is not null)
            faults.Add(tag.Place, $"'{tag.Text}' has a digest. Remove it: the digest is the result of the build.");
        else
            return reference;
        return null;
    }

    /// <summary>The image's own name is one, unless the file says that there is none.</summary>
    private ImmutableArray<string> Aliases(NamedImage image)
    {
        ImmutableArray<Located> own =
            around.NamesByDefault && image.Settings.Aliases is not { IsEmpty: true } ? [new Located(image.Name, image.Place)] : [];
        ImmutableArray<Located> all = [.. own, .. image.Settings.Aliases ?? []];
        foreach (var alias in all.DistinctBy(alias => alias.Text))
            if (!aliases.TryAdd(alias.Text, (image.Name, alias.Place)))
                faults.Add(alias.Place,
                    $"images '{aliases[alias.Text].Image}' (line {aliases[alias.Text].Place.Line}) and '{image.Name}' both have the alias "
                        + $"'{alias.Text}'.");
        return [.. all.Select(alias => alias.Text).Distinct()];
    }
}
