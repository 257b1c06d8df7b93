using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Reads one <c>build</c>, and the <c>x-bake</c> in it.</summary>
internal sealed class BuildReader(YamlMap root, ValueReader values)
{
    private static readonly string[] Known =
    [
        "context", "dockerfile", "dockerfile_inline", "target", "args", "labels", "tags", "platforms",
        "cache_from", "cache_to", "no_cache", "no_cache_filter", "pull",
        "secrets", "ssh", "additional_contexts", "provenance", "sbom",
        "network", "shm_size", "extra_hosts", "ulimits", "privileged", "entitlements", .. Ignored,
    ];

    private static readonly string[] KnownToBake =
        ["tags", "platforms", "cache-from", "cache-to", "secret", "ssh", "contexts", "no-cache", "pull", "output", "no-cache-filter"];

    private static string[] Ignored => ["isolation"];

    /// <param name="imageOf">The image of a service that is not built.</param>
    public ImageSettings Read(string service, YamlNode build, Func<string, string?> imageOf)
    {
        var where = $"build of service '{service}'";
        if (!values.Map(build, where, out var map))
            return new ImageSettings();
        var settings = new ImageSettings();
        foreach (var (key, value) in map.Entries)
            if (Ignored.Contains(key.Text))
                values.Faults.Warn(key.Place, $"'{key.Text}' of service '{service}' has no effect: it applies only to Windows containers.");
            else if (!Known.Contains(key.Text))
                values.Refuse(key, where, Known);
            else if (value is not YamlScalar { IsNull: true })
                settings = With(settings, key.Text, value);
        settings = settings with { Contexts = [.. settings.Contexts.Select(context => Context(context, imageOf))] };
        if (settings is { Dockerfile: not null, InlineDockerfile: { } inline })
            values.Faults.Add(inline.Place, $"{where} has both 'dockerfile' and 'dockerfile_inline'.", "Keep one of them.");
        return map.Find("x-bake") is { } bake && values.Map(bake.Value, "x-bake", out var more)
            ? WithBake(settings, service, more)
            : settings;
    }

    public static ImageSettings WithPlatforms(ImageSettings settings, ImmutableArray<Located> names, Place place)
    {
        var wrong = new List<Located>();
        var choices = new List<PlatformChoice>();
        foreach (var name in names.SelectMany(each => each.Text.Split(',').Select(part => each with { Text = part })))
            if (!Platform.TryParse(name.Text, out var platform))
                wrong.Add(name);
            else if (!choices.Exists(choice => choice.Platform == platform))
                choices.Add(new PlatformChoice(platform, new ImageSettings(), name.Place));
        return settings with
        {
            Platforms = choices.Count == 0 ? null : new PlatformChoices([.. choices], false, place),
            WrongPlatforms = [.. settings.WrongPlatforms, .. wrong],
        };
    }

    private ImageSettings With(ImageSettings settings, string key, YamlNode value) => key switch
    {
        "context" => settings with { Context = values.Text(value, key) },
        "dockerfile" => settings with { Dockerfile = values.Text(value, key) },
        "dockerfile_inline" => settings with { InlineDockerfile = values.Text(value, key) },
        "target" => settings with { Target = values.Text(value, key) },
        "args" => settings with { Arguments = Pairs(value, key) },
        "labels" => settings with { Labels = Pairs(value, key) },
        "tags" => settings with { Tags = values.Texts(value, key) },
        "platforms" => WithPlatforms(settings, values.Texts(value, key), value.Place),
        "cache_from" => settings with { CacheFrom = values.Texts(value, key) },
        "cache_to" => settings with { CacheTo = values.Texts(value, key) },
        "no_cache" => settings with { NoCache = values.Flag(value, key) },
        "no_cache_filter" => settings with { NoCacheFilter = values.Texts(value, key) },
        "pull" => settings with { Pull = values.Flag(value, key) },
        "secrets" => settings with { Secrets = Secrets(value) },
        "ssh" => settings with { Ssh = Ssh(value) },
        "provenance" or "sbom" => settings with { Attest = [.. settings.Attest ?? [], .. Attestation(value, key)] },
        "network" => settings with { Run = settings.Run with { Network = values.Text(value, key) } },
        "shm_size" => settings with { Run = settings.Run with { SharedMemory = values.Text(value, key) } },
        "extra_hosts" => settings with { Run = settings.Run with { Hosts = RunValues.Hosts(values, value, key) } },
        "ulimits" => settings with { Run = settings.Run with { Limits = RunValues.Limits(values, value, key) } },
        "entitlements" =>
            settings with { Run = settings.Run with { Entitlements = [.. settings.Run.Entitlements ?? [], .. values.Texts(value, key)] } },
        "privileged" when values.Flag(value, key) is true =>
            settings with
            {
                Run =
                    settings.Run with
                    {
                        Entitlements = [.. settings.Run.Entitlements ?? [], new Located(RunSettings.Insecure, value.Place)],
                    },
            },
        "additional_contexts" => settings with { Contexts = values.Pairs(value, key) },
        _ => settings,
    };

    /// <summary>True or false, or the attestation's other fields: <c>mode=max</c>.</summary>
    private IEnumerable<Located> Attestation(YamlNode value, string type) =>
        values.Text(value, type) is not { } text ? [] : text.Text.ToLowerInvariant() switch
        {
            "true" or "yes" or "on" => [text with { Text = $"type={type}" }],
            "false" or "no" or "off" => [text with { Text = $"type={type},disabled=true" }],
            _ => [text with { Text = $"type={type},{text.Text}" }],
        };

    /// <summary>Lists of x-bake come after those of the build.</summary>
    private ImageSettings WithBake(ImageSettings settings, string service, YamlMap bake)
    {
        foreach (var (key, value) in bake.Entries.Where(entry => entry.Value is not YamlScalar { IsNull: true }))
            settings = key.Text switch
            {
                "tags" => settings with { Tags = Joined(settings.Tags, Fields(value, key.Text)) },
                "platforms" => WithPlatforms(settings, [.. Names(settings.Platforms), .. Fields(value, key.Text)],
                    value.Place),
                "cache-from" => settings with { CacheFrom = Joined(settings.CacheFrom, Fields(value, key.Text)) },
                "cache-to" => settings with { CacheTo = Joined(settings.CacheTo, Fields(value, key.Text)) },
                "secret" => settings with { Secrets = Joined(settings.Secrets, Fields(value, key.Text)) },
                "ssh" => settings with { Ssh = Joined(settings.Ssh, Fields(value, key.Text)) },
                "contexts" => new ImageSettings { Contexts = values.Pairs(value, key.Text) }.Over(settings),
                "no-cache" => settings with { NoCache = values.Flag(value, key.Text) },
                "pull" => settings with { Pull = values.Flag(value, key.Text) },
                "output" => settings with { Outputs = Joined(settings.Outputs, Fields(value, key.Text)) },
                "no-cache-filter" => settings with { NoCacheFilter = Joined(settings.NoCacheFilter, Fields(value, key.Text)) },
                _ => Ignore(settings, service, key),
            };
        return settings;
    }

    /// <summary>A list, or a text whose blanks part it into one.</summary>
    private ImmutableArray<Located> Fields(YamlNode value, string key) => value is not YamlScalar ? values.Texts(value, key)
        : [.. values.Texts(value, key)
            .SelectMany(text => text.Text
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
                .Select(part => text with { Text = part }))];

    private ImageSettings Ignore(ImageSettings settings, string service, YamlScalar key)
    {
        var hint = KnownToBake.Contains(key.Text) ? null : Suggestion.For(key.Text, KnownToBake);
        values.Faults.Warn(key.Place, $"'{key.Text}' in x-bake of service '{service}' has no effect.{(hint is null ? "" : " " + hint)}");
        return settings;
    }

    private static ImmutableArray<Located> Joined(ImmutableArray<Located>? first, ImmutableArray<Located> second) =>
        [.. (first ?? []).Concat(second).DistinctBy(text => text.Text)];

    private static IEnumerable<Located> Names(PlatformChoices? platforms) =>
        platforms?.Entries.Select(entry => new Located(entry.Platform.ToString(), entry.Place)) ?? [];

    private static Setting Context(Setting context, Func<string, string?> imageOf) =>
        context.Value is { } value
            && value.StartsWith("service:", StringComparison.Ordinal)
            && imageOf(value["service:".Length..]) is { } image
            ? context with { Value = "docker-image://" + image } : context;

    /// <summary>Names of the file's secrets, or maps with such a name as source.</summary>
    private ImmutableArray<Located> Secrets(YamlNode value)
    {
        if (value is not YamlList list)
        {
            values.Wrong(value, "secrets", "a list");
            return [];
        }
        var names = list.Items.Select(item => item is YamlMap map ? map.Find("source")?.Value ?? item : item);
        return [.. names.Select(name => values.Text(name, "a secret")).OfType<Located>().Select(Secret).OfType<Located>()
            .DistinctBy(text => text.Text)];
    }

    private Located? Secret(Located name)
    {
        var secrets = root.Find("secrets")?.Value as YamlMap;
        if (secrets?.Find(name.Text)?.Value is not YamlMap secret)
        {
            values.Faults.Add(name.Place, $"this file has no secret '{name.Text}'.", Suggestion.For(name.Text,
                secrets?.Entries.Select(entry => entry.Key.Text) ?? []));
            return null;
        }
        if (secret.Find("environment")?.Value is YamlScalar variable)
            return name with { Text = $"id={name.Text},env={variable.Text}" };
        if (secret.Find("file")?.Value is YamlScalar file)
            return name with { Text = $"id={name.Text},src={file.Text}" };
        values.Faults.Add(secret.Place, $"the secret '{name.Text}' has no 'file' and no 'environment'. A build needs one of them.");
        return null;
    }

    /// <summary>Numbers are as compose prints them, which is told where a person would not expect it.</summary>
    private ImmutableArray<Setting> Pairs(YamlNode value, string key)
    {
        if (value is not YamlMap map)
            return values.Pairs(value, key);
        foreach (var (name, node) in map.Entries)
            if (node is YamlScalar scalar
                && PlainScalar.Text(scalar) is var text
                && text != scalar.Text
                && !text.Equals(scalar.Text, StringComparison.OrdinalIgnoreCase))
            {
                values.Faults.Warn(scalar.Place,
                    $"'{name.Text}' of '{key}' becomes '{text}': compose reads '{scalar.Text}' without quotes as a number or a date. "
                    + "To keep it as written, put it in quotes.");
            }
        return values.Pairs(map with { Entries = [.. map.Entries.Select(Settled)] }, key);

        static YamlEntry Settled(YamlEntry entry) => entry.Value is YamlScalar { IsNull: false } scalar
            ? entry with { Value = scalar with { Text = PlainScalar.Text(scalar), IsPlain = false } }
            : entry;
    }

    private ImmutableArray<Located> Ssh(YamlNode value) =>
        [.. values.Pairs(value is YamlScalar ? new YamlList([value], value.Place) : value, "ssh")
            .Select(pair => new Located(pair.Value is null ? pair.Key : $"{pair.Key}={pair.Value}", pair.Place))];
}
