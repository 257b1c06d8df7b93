using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Reads <c>manifold.yaml</c>, the file of our own; <c>docs/manifold-yaml.md</c> is its reference.</summary>
/// <remarks>
/// <code>
/// text ─1─► nodes with places ─2─► settings of each image ─3─► components ─4─► Project
///           YamlComposer           ImageExpansion             ComponentResolver
/// </code>
/// Each stage collects its faults and goes on, so that all are told at once. Reads no file but this, and looks whether those are there that
/// it names.
/// </remarks>
internal static class ManifoldYaml
{
    /// <exception cref="ProjectFileException">The file is wrong.</exception>
    /// <exception cref="UsageException">It cannot be read, or the environment is wrong.</exception>
    public static Project Read(string file, ReadingOptions options) =>
        Read(file, ProjectText.Read(file, ProjectPaths.Of(file, options)), options);

    /// <summary>Reads a text that is not in the file yet.</summary>
    /// <inheritdoc cref="Read(string, ReadingOptions)"/>
    internal static Project Read(string file, Dockerfile.SourceText text, ReadingOptions options)
    {
        var paths = ProjectPaths.Of(file, options);
        var faults = new FileFaults(text);
        var values = new ValueReader(faults);
        var root = YamlComposer.Compose(faults); // 1
        faults.ThrowIfAny();
        if (root is not YamlMap map || map.Find("images")?.Value is not YamlMap)
            throw Nothing(faults, root);

        var environment = new Interpolation(faults, name => options.Environment.GetValueOrDefault(name));
        var images = new ImageExpansion(map, environment, new SettingsReader(values), values).Expand(); // 2
        var ofFile = environment.Apply(map with
        {
            Entries = [.. map.Entries.Where(entry => entry.Key.Text
                is "registry" or "rollout" or "push" or "groups" or "nodes" or "on" or "emulation")],
        });
        var surroundings = new Surroundings(paths, options, Names(images))
        {
            Registry = Registry(ofFile, options, values),
            Architectures = Architectures(options),
        };
        var resolver = new ComponentResolver(surroundings, faults);
        ImmutableArray<Component> components = [.. images.Select(resolver.Resolve).OfType<Component>()]; // 3
        var groups = new GroupReader(values, images).Read(ofFile.Find("groups")?.Value);
        var project = new Project // 4
        {
            File = paths.Shown(file),
            Folder = paths.Folder,
            Components = components,
            Groups = groups,
            Default = groups.GetValueOrDefault("default", []),
            Rollout = ofFile.Find("rollout") is { } rollout ? ReadRollout(rollout.Value, values) : null,
            Push = ofFile.Find("push") is { } push && values.Flag(push.Value, "push") is true,
            Nodes = new NodesReader(values).Read(ofFile),
            Warnings = faults.Warnings,
        };
        faults.ThrowIfAny();
        return ComponentOutputs.Settled(project);
    }

    private static ProjectFileException Nothing(FileFaults faults, YamlNode? root)
    {
        var node = (root as YamlMap)?.Find("images")?.Value ?? root;
        if (root is YamlMap map && node == root)
            foreach (var (key, _) in map.Entries.Where(entry => !Keys.File.Contains(entry.Key.Text)))
                if (Dockerfile.Suggestion.For(key.Text, ["images", "services"]) is { } hint)
                    faults.Add(key.Place, $"the file has no key '{key.Text}'.", hint);
        if (!faults.Any)
            faults.Add(node?.Place ?? faults.Source.PlaceOf(0, 0, 1),
                "the file has no images.", "Example: images: {api: {context: services/api}}");
        try
        {
            faults.ThrowIfAny();
        }
        catch (ProjectFileException e)
        {
            return e;
        }
        throw new InvalidOperationException("A fault was collected.");
    }

    private static ImmutableHashSet<string> Names(ImmutableArray<NamedImage> images) =>
        images.Select(image => image.Name).ToImmutableHashSet(StringComparer.Ordinal);

    /// <summary><c>--set registry=</c>, else <c>DEST_REGISTRY</c>, else what the file says.</summary>
    private static Located? Registry(YamlMap map, ReadingOptions options, ValueReader values)
    {
        var entry = map.Find("registry");
        var place = entry?.Value.Place ?? map.Place;
        var told = ProjectOverrides.Registry(options.Overrides) ?? options.Variable("DEST_REGISTRY");
        var registry = told is not null ? new Located(told, place)
            : entry is { Value: not YamlScalar { IsNull: true } } ? values.Text(entry.Value, "registry") : null;
        registry = registry is null ? null : registry with { Text = registry.Text.TrimEnd('/') };
        if (registry is { Text.Length: > 0 } && !ImageReference.TryParse(registry.Text + "/name", out _))
            values.Faults.Add(place, $"'{registry.Text}' is not a valid registry{(told is null ? "" : " (set outside of the file)")}.",
                "Expected a registry and an optional folder, for example quay.io/acme.");
        return registry;
    }

    private static ImmutableArray<Platform>? Architectures(ReadingOptions options) =>
        options.Variable("ARCHITECTURES") is not { } names ? null
            : [.. names.Split([',', ' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Select(Architecture).Distinct()];

    private static Platform Architecture(string name)
    {
        if (!Platform.TryParse(name, out var platform))
            throw new UsageException(
                $"ARCHITECTURES contains '{name}', which is not a platform. Example: amd64 arm64 arm ppc64le riscv64.");
        return platform;
    }

    private static Rollout? ReadRollout(YamlNode node, ValueReader values)
    {
        if (node is YamlScalar { IsNull: false } name)
            return new Rollout(name.Text, null);
        if (node is YamlScalar || !values.Map(node, "rollout", out var map))
            return null;
        foreach (var (key, _) in map.Entries.Where(entry => !Keys.Rollout.Contains(entry.Key.Text)))
            values.Refuse(key, "rollout", Keys.Rollout);
        if (map.Find("deployment") is not { } deployment)
        {
            values.Faults.Add(node.Place, "'rollout' has no deployment.", "Example: rollout: {deployment: api, namespace: prod}");
            return null;
        }
        return values.Text(deployment.Value, "deployment") is { } text
            ? new Rollout(text.Text, map.Find("namespace") is { } space ? values.Text(space.Value, "namespace")?.Text : null) : null;
    }
}
