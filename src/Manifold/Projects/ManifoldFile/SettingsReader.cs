using System.Collections.Immutable;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Reads the settings of one level: the file's, a template's, an image's or a platform's.</summary>
internal sealed partial class SettingsReader(ValueReader values)
{
    /// <summary>Keys that are known here and mean no setting (<c>images</c>, <c>inherits</c> …) are left to the caller.</summary>
    public ImageSettings Read(YamlMap map, string where, ImmutableArray<string> known)
    {
        var settings = new ImageSettings();
        foreach (var (key, value) in map.Entries)
            if (!known.Contains(key.Text))
                values.Refuse(key, where, known);
            else if (value is not YamlScalar { IsNull: true })
                settings = With(settings, key, value);
        if (settings is { Dockerfile: not null, InlineDockerfile: { } inline })
            values.Faults.Add(inline.Place, $"{where} has both 'dockerfile' and 'dockerfile-inline'.", "Keep one of them.");
        return settings;
    }

    private ImageSettings With(ImageSettings settings, YamlScalar key, YamlNode value) => key.Text switch
    {
        "context" => settings with { Context = values.Text(value, key.Text) },
        "dockerfile" => settings with { Dockerfile = values.Text(value, key.Text) },
        "dockerfile-inline" => settings with { InlineDockerfile = values.Text(value, key.Text) },
        "target" => settings with { Target = values.Text(value, key.Text) },
        "source" => settings with { Source = values.Text(value, key.Text) },
        "args" => settings with { Arguments = values.Pairs(value, key.Text) },
        "labels" => settings with { Labels = values.Pairs(value, key.Text) },
        "contexts" => settings with { Contexts = values.Pairs(value, key.Text) },
        "annotations" => settings with { Annotations = Annotations(value) },
        "secrets" => settings with { Secrets = Secrets(value) },
        "ssh" => settings with { Ssh = values.Texts(value, key.Text) },
        "cache" => Cache(settings, value),
        "cache-from" => settings with { CacheFrom = Caches(value, key.Text) },
        "cache-to" => settings with { CacheTo = Caches(value, key.Text) },
        "tags" => settings with { Tags = values.Texts(value, key.Text) },
        "alias" or "aliases" => settings with { Aliases = [.. settings.Aliases ?? [], .. values.Texts(value, key.Text)] },
        "before" => settings with { Before = Hooks(value) },
        "platforms" => settings with { Platforms = Platforms(value) },
        "verify" => settings with { Verification = Verification(value) },
        "network" => settings with { Run = settings.Run with { Network = values.Text(value, key.Text) } },
        "shm-size" => settings with { Run = settings.Run with { SharedMemory = values.Text(value, key.Text) } },
        "extra-hosts" => settings with { Run = settings.Run with { Hosts = RunValues.Hosts(values, value, key.Text) } },
        "ulimits" => settings with { Run = settings.Run with { Limits = RunValues.Limits(values, value, key.Text) } },
        "entitlements" => settings with { Run = settings.Run with { Entitlements = values.Texts(value, key.Text) } },
        "attest" => settings with { Attest = values.Texts(value, key.Text) },
        "output" => settings with { Outputs = values.Texts(value, key.Text) },
        "no-cache-filter" => settings with { NoCacheFilter = values.Texts(value, key.Text) },
        "no-cache" => settings with { NoCache = values.Flag(value, key.Text) },
        "pull" => settings with { Pull = values.Flag(value, key.Text) },
        "publish" => settings with { Publish = values.Flag(value, key.Text) },
        "platform-tags" => settings with { PlatformTags = values.Flag(value, key.Text) },
        "index" => settings with { WithoutIndex = WithoutIndex(value) },
        "created" => settings with { Created = Created(value) },
        "optional" => settings with { Optional = values.Flag(value, key.Text) },
        _ => settings,
    };

    private bool? WithoutIndex(YamlNode value)
    {
        var text = values.Text(value, "index")?.Text;
        if (text is not (null or "never" or "always"))
            values.Wrong(value, "index", "always or never");
        return text is null ? null : text == "never";
    }

    private Planning.CreatedTime? Created(YamlNode value)
    {
        if (values.Text(value, "created") is not { } text)
            return null;
        try
        {
            return Planning.CreatedTime.Parse("created", text.Text);
        }
        catch (UsageException)
        {
            values.Wrong(value, "created", "now, context, or seconds since 1970");
            return null;
        }
    }

    private ImageSettings Cache(ImageSettings settings, YamlNode value)
    {
        if (!values.Map(value, "cache", out var map))
            return settings;
        foreach (var (key, entry) in map.Entries)
        {
            if (key.Text == "from")
                settings = settings with { CacheFrom = Caches(entry, "from") };
            else if (key.Text == "to")
                settings = settings with { CacheTo = Caches(entry, "to") };
            else
                values.Refuse(key, "cache", Keys.Cache);
        }
        return settings;
    }

    /// <summary>Texts as <c>--cache-from</c> has them, or a map of the same keys.</summary>
    private ImmutableArray<Located> Caches(YamlNode value, string what) =>
        [.. (value is YamlList list ? list.Items : [value]).SelectMany(node => node is YamlMap map
            ? [new Located(string.Join(',', values.Pairs(map, what).Select(pair => $"{pair.Key}={pair.Value}")), map.Place)]
            : values.Texts(node, what))];

    /// <summary>A list of texts as <c>--secret</c> has them, of bare ids and of maps; or a map of ids.</summary>
    private ImmutableArray<Located> Secrets(YamlNode value) => value switch
    {
        YamlMap map => [.. map.Entries.SelectMany(entry => Secret(entry.Value, entry.Key))],
        YamlList list => [.. list.Items.SelectMany(item => Secret(item, null))],
        _ => Secret(value, null),
    };

    private ImmutableArray<Located> Secret(YamlNode value, YamlScalar? id)
    {
        switch (value)
        {
            case YamlScalar { IsNull: true } when id is not null:
                return [new Located($"id={id.Text}", id.Place)];
            case YamlScalar { IsNull: false } text when id is not null:
                return [new Located($"id={id.Text},src={text.Text}", id.Place)];
            case YamlScalar { IsNull: false } text:
                return [new Located(text.Text.Contains('=', StringComparison.Ordinal) ? text.Text : $"id={text.Text}", text.Place)];
            case YamlMap map:
                foreach (var (key, _) in map.Entries.Where(entry => !Keys.Secret.Contains(entry.Key.Text)))
                    values.Refuse(key, "a secret", Keys.Secret);
                var pairs = values.Pairs(map, "a secret").Select(pair => $"{pair.Key}={pair.Value}");
                return [new Located(string.Join(',', id is null ? pairs : pairs.Prepend($"id={id.Text}")), id?.Place ?? map.Place)];
            default:
                values.Wrong(value, "a secret", "id=ID[,src=FILE|,env=VARIABLE]");
                return [];
        }
    }
}
