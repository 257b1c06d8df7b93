using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Fetching;
using Manifold.Images;
using Manifold.Planning;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Says for one platform of an image where it comes from.</summary>
internal sealed class SourceResolver(Surroundings around, FileFaults faults)
{
    private readonly ContextResolver contexts = new(around, faults);
    private readonly SecretResolver secrets = new(around, faults);

    /// <param name="madeLater">Hooks run first, so that what is not there yet may still come.</param>
    public ComponentPlatform? Resolve(NamedImage image, PlatformChoice choice, bool madeLater)
    {
        var settings = choice.Settings.Over(image.Settings);
        var place = settings.Source?.Place ?? choice.Place;
        ComponentSource? source = settings.Source is null or { Text: "build" }
            ? Build(image, settings, place, madeLater)
            : Image(settings.Source, madeLater);
        return source is null ? null : new ComponentPlatform(choice.Platform, source) { Optional = choice.Settings.Optional ?? false };
    }

    /// <summary>Names with values; one without takes what <paramref name="fallback"/> says, and is left out where that is null.</summary>
    public static ImmutableSortedDictionary<string, string> Table(ImmutableArray<Setting> pairs, Func<string, string?> fallback)
    {
        var table = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
            if ((pair.Value ?? fallback(pair.Key)) is { } value)
                table[pair.Key] = value;
            else
                table.Remove(pair.Key);
        return table.ToImmutable();
    }

    private BuildSource? Build(NamedImage image, ImageSettings settings, Place place, bool madeLater)
    {
        var context = settings.Context ?? new Located(".", place);
        var isRemote = ContextFetcher.IsRemote(context.Text);
        var folder = isRemote ? "/" : around.Paths.Absolute(context.Text);
        if (isRemote)
            madeLater = true;
        else if (Directory.Exists(folder))
            RequireDockerfile(settings, folder, context.Place, madeLater);
        else if (!madeLater)
            faults.Add(context.Place, $"the context '{context.Text}' of image '{image.Name}' is not a folder.",
                $"Looked for '{folder}'. Paths are relative to the folder of the file.");
        return new RunReader((at, message) => faults.Add(at, message)).Apply(settings.Run, new BuildSource
        {
            Place = place,
            ContextFolder = folder,
            ContextAddress = isRemote ? context.Text : null,
            DockerfilePath = settings.Dockerfile is { Text.Length: > 0 } dockerfile
                ? around.Paths.Shown(Path.GetFullPath(dockerfile.Text, folder))
                : null,
            InlineDockerfile = settings.InlineDockerfile?.Text,
            Target = settings.Target is { Text.Length: > 0 } target ? target.Text : null,
            Arguments = Table(settings.Arguments, around.Options.Environment.GetValueOrDefault),
            Contexts = contexts.Resolve(image.Name, settings.Contexts, madeLater),
            Secrets = secrets.Secrets(settings.Secrets ?? []),
            Ssh = secrets.Ssh(settings.Ssh ?? []),
            CacheFrom = Texts(settings.CacheFrom),
            CacheTo = Texts(settings.CacheTo),
            NoCache = settings.NoCache ?? false,
            NoCacheFilter = Texts(settings.NoCacheFilter),
            Pull = settings.Pull ?? false,
        });
    }

    private void RequireDockerfile(ImageSettings settings, string folder, Place place, bool madeLater)
    {
        if (madeLater || settings.InlineDockerfile is not null)
            return;
        if (settings.Dockerfile is { Text.Length: > 0 } given)
        {
            if (!File.Exists(Path.GetFullPath(given.Text, folder)))
                faults.Add(given.Place, $"the Dockerfile '{given.Text}' does not exist.",
                    $"Looked for '{Path.GetFullPath(given.Text, folder)}'. The path is relative to the context.");
        }
        else if (!BuildFiles.HasDockerfile(folder))
            faults.Add(place, $"'{folder}' contains no Dockerfile or Containerfile.",
                "Set 'dockerfile' to its path, or set 'context' to another folder.");
    }

    /// <summary>Reads <c>image:REF</c> and the places that <see cref="ImageLocation"/> knows.</summary>
    private ImageSource? Image(Located source, bool madeLater)
    {
        var text = source.Text.StartsWith("image:", StringComparison.Ordinal) ? source.Text["image:".Length..]
            : source.Text.StartsWith("oci-layout:", StringComparison.Ordinal) ? "oci:" + source.Text["oci-layout:".Length..] : source.Text;
        var isPrefixed = text != source.Text || new[] { "oci:", "oci-archive:", "docker-archive:", "store:", "docker://" }
            .Any(prefix => text.StartsWith(prefix, StringComparison.Ordinal));
        if (!isPrefixed || !ImageLocation.TryParse(text, out var location))
        {
            faults.Add(source.Place, $"'{source.Text}' is not a valid image source.", !isPrefixed && ImageLocation.TryParse(text, out _)
                && text.Contains('/', StringComparison.Ordinal)
                ? $"Did you mean image:{text}?"
                : "Expected build, image:REFERENCE, oci-layout:FOLDER[:NAME], oci-archive:FILE or docker-archive:FILE.");
            return null;
        }
        if (location.Path is null)
            return new ImageSource(location.ToString()) { Place = source.Place };
        var path = around.Paths.Absolute(location.Path);
        if (!madeLater && !File.Exists(path) && !Directory.Exists(path))
            faults.Add(source.Place, $"'{location.Path}' does not exist.",
                $"Looked for '{path}'. Paths are relative to the folder of the file.");
        var start = text.IndexOf(':', StringComparison.Ordinal) + 1;
        return new ImageSource(text[..start] + path + text[(start + location.Path.Length)..]) { Place = source.Place };
    }

    private static ImmutableArray<string> Texts(ImmutableArray<Located>? texts) => [.. (texts ?? []).Select(text => text.Text)];
}
