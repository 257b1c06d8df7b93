using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Dockerfile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>An image of a file, with what its templates and the file's defaults say worked in.</summary>
/// <param name="Family">The key that it stands under; several images share it where a matrix multiplies them.</param>
internal sealed record NamedImage(string Name, string Family, ImageSettings Settings, Place Place);

/// <summary>Makes the images of a file: inheritance joined, matrices multiplied, variables replaced.</summary>
/// <remarks>
/// <code>
/// file's keys ◄─ templates, in the order of inherits ◄─ the image's own keys      the nearer one wins
/// </code>
/// Variables are replaced last, once for each combination of a matrix, whose variables all three levels may use.
/// </remarks>
internal sealed partial class ImageExpansion(YamlMap root, Interpolation environment, SettingsReader reader, ValueReader values)
{
    private readonly YamlMap images = Section(root, "images");
    private readonly YamlMap templates = Section(root, "templates");
    private readonly HashSet<string> used = new(StringComparer.Ordinal);

    private FileFaults Faults => values.Faults;

    /// <summary>In the order of the file; names are without repetition.</summary>
    public ImmutableArray<NamedImage> Expand()
    {
        var expanded = new Dictionary<string, NamedImage>(StringComparer.Ordinal);
        foreach (var (key, value) in images.Entries.Where(entry => !entry.Key.Text.StartsWith("x-", StringComparison.Ordinal)))
            foreach (var image in Expand(key, value))
            {
                if (!expanded.TryAdd(image.Name, image))
                    Faults.Add(image.Place,
                        $"two images are named '{image.Name}'. The first is on line {expanded[image.Name].Place.Line}.");
                if (expanded.Count > Limits.ProjectImages)
                    throw new UsageException($"{Faults.Source.FileName}: the file has more than {Limits.ProjectImages} images.");
            }
        ReadUnusedTemplates();
        return [.. expanded.Values];
    }

    private IEnumerable<NamedImage> Expand(YamlScalar key, YamlNode value)
    {
        var where = $"image '{key.Text}'";
        var map = value is YamlScalar { IsNull: true } ? new YamlMap([], key.Place) : value as YamlMap;
        if (map is null)
        {
            values.Wrong(value, where, "a map");
            yield break;
        }
        var matrix = map.Find("matrix") is { } given ? new Matrix(values, environment).Read(given.Value) : [];
        if (map.Find("name") is { } lonely && matrix.IsEmpty)
            Faults.Add(lonely.Key.Place, "'name' is only for images with a matrix. The name of any other image is its key.");
        foreach (var combination in matrix.IsEmpty ? [new MatrixCombination([])] : matrix)
        {
            var scope = environment.With(combination.Variables);
            var name = matrix.IsEmpty ? key.Text : Name(map, scope) ?? combination.NameOf(key.Text);
            if (!NamePattern().IsMatch(name))
                Faults.Add(key.Place, $"'{name}' is not a valid image name.",
                    "Expected letters, digits, '.', '_' and '-', starting with a letter or a digit.");
            var settings = Inherited(new Level(map, where, Keys.Image), new Scope(scope), [key.Text]).Over(Defaults(scope));
            yield return new NamedImage(name, key.Text, settings, key.Place);
        }
    }

    private string? Name(YamlMap map, Interpolation scope) =>
        map.Find("name") is { } name ? values.Text(scope.Apply(name.Value), "name")?.Text : null;

    private ImageSettings Defaults(Interpolation scope)
    {
        var own = root with { Entries = [.. root.Entries.Where(entry => entry.Key.Text is not ("images" or "templates" or "groups"))] };
        var settings = reader.Read(scope.Apply(own), "the file", Keys.File);
        return settings with { Platforms = settings.Platforms is { } platforms ? platforms with { IsDefault = true } : null };
    }

    /// <param name="path">The names that led here, to find circles.</param>
    private ImageSettings Inherited(Level level, Scope scope, ImmutableArray<string> path)
    {
        var applied = scope.Variables.Apply(level.Map);
        var below = new ImageSettings();
        foreach (var name in applied.Find("inherits") is { } inherits ? values.Texts(inherits.Value, "inherits") : [])
            if (path.Contains(name.Text))
                Faults.Add(name.Place, $"'inherits' forms a cycle: {string.Join(" → ", path.Append(name.Text))}.");
            else if (Find(name.Text) is { } found)
            {
                if (!scope.Read.TryGetValue(name.Text, out var read))
                    scope.Read[name.Text] = read = Inherited(found, scope, path.Add(name.Text));
                below = read.Over(below);
            }
            else
                Faults.Add(name.Place, $"no template or image is named '{name.Text}'.", Suggestion.For(name.Text,
                    Names(templates).Concat(Names(images))));
        return reader.Read(applied, level.Where, level.Known).Over(below with { Aliases = null });
    }

    private Level? Find(string name)
    {
        used.Add(name);
        if (templates.Find(name)?.Value is YamlMap template)
            return new Level(template, $"template '{name}'", Keys.Template);
        return images.Find(name)?.Value is YamlMap image ? new Level(image, $"image '{name}'", Keys.Image) : null;
    }

    private void ReadUnusedTemplates()
    {
        foreach (var (key, value) in templates.Entries)
        {
            if (images.Find(key.Text) is not null)
                Faults.Add(key.Place, $"the template '{key.Text}' has the same name as an image. Rename one of them.");
            if (values.Map(value, $"template '{key.Text}'", out var map) && !used.Contains(key.Text))
                Inherited(new Level(map, $"template '{key.Text}'", Keys.Template), new Scope(environment), [key.Text]);
        }
    }

    private static IEnumerable<string> Names(YamlMap map) => map.Entries.Select(entry => entry.Key.Text);

    private static YamlMap Section(YamlMap root, string key) => root.Find(key)?.Value as YamlMap ?? new YamlMap([], root.Place);

    /// <param name="Where">What the map is, for messages.</param>
    /// <param name="Known">The keys that it may have.</param>
    private sealed record Level(YamlMap Map, string Where, ImmutableArray<string> Known);

    /// <summary>The variables of one image, and what was read with them: each template once, by however many ways it is reached.</summary>
    private sealed record Scope(Interpolation Variables)
    {
        public Dictionary<string, ImageSettings> Read { get; } = new(StringComparer.Ordinal);
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex NamePattern();
}
