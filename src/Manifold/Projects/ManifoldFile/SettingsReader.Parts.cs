using System.Collections.Immutable;
using System.Globalization;
using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Projects.Yaml;
using Manifold.Verification;

namespace Manifold.Projects.ManifoldFile;

internal sealed partial class SettingsReader
{
    /// <summary>Names in a text, or a list of them; or a map from names to what is said about each.</summary>
    private PlatformChoices? Platforms(YamlNode value)
    {
        var entries = value switch
        {
            YamlMap map => map.Entries.Select(entry => Platform(entry.Key, entry.Value)),
            _ => values.Texts(value, "platforms").SelectMany(Split)
                .Select(name => Platform(new YamlScalar(name.Text, false, name.Place), null)),
        };
        var choices = new List<PlatformChoice>();
        foreach (var choice in entries.OfType<PlatformChoice>().ToList())
            if (choices.Find(other => other.Platform == choice.Platform) is { } first)
                values.Faults.Add(choice.Place, $"the platform {choice.Platform} is listed twice, first on line {first.Place.Line}.");
            else
                choices.Add(choice);
        if (choices.Count == 0)
            values.Faults.Add(value.Place, "'platforms' is empty. Example: [linux/amd64, linux/arm64].");
        return choices.Count == 0 ? null : new PlatformChoices([.. choices], false, value.Place);
    }

    private static IEnumerable<Located> Split(Located names) =>
        names.Text.Split([',', ' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Select(name => names with { Text = name });

    private PlatformChoice? Platform(YamlScalar name, YamlNode? settings)
    {
        if (!Oci.Platform.TryParse(name.Text, out var platform))
        {
            values.Faults.Add(name.Place, $"'{name.Text}' is not a platform.",
                "Expected os/architecture[/variant], for example linux/arm64 or linux/arm/v7.");
            return null;
        }
        if (settings is null or YamlScalar { IsNull: true } || !values.Map(settings, $"platform {name.Text}", out var map))
            return new PlatformChoice(platform, new ImageSettings(), name.Place);
        var read = Read(map, $"platform {name.Text}", Keys.Platform);
        if (read.Source is { Text: not "build" } source
            && (read.Context ?? read.Dockerfile ?? read.InlineDockerfile ?? read.Target) is { } idle)
            values.Faults.Add(idle.Place, $"platform {name.Text} is taken from '{source.Text}' and not built, so this key has no effect.",
                "Remove this key, or set 'source: build'.");
        return new PlatformChoice(platform, read, name.Place);
    }

    private ImmutableArray<HookSettings> Hooks(YamlNode value) =>
        [.. (value is YamlList list ? list.Items : [value]).Select(Hook).OfType<HookSettings>()];

    private HookSettings? Hook(YamlNode value)
    {
        if (value is YamlScalar { IsNull: false } line)
            return new HookSettings { Command = Command(line), Place = line.Place };
        if (!values.Map(value, "before", out var map))
            return null;
        foreach (var (key, _) in map.Entries.Where(entry => !Keys.Hook.Contains(entry.Key.Text)))
            values.Refuse(key, "a hook", Keys.Hook);
        if (map.Find("run") is not { Value: YamlScalar { IsNull: false } or YamlList { Items.Length: > 0 } } run)
        {
            values.Faults.Add(map.Place, "the hook has no command.", "Add run: a command line, or a list of a program and its arguments.");
            return null;
        }
        return new HookSettings
        {
            Command = Command(run.Value),
            Folder = map.Find("folder") is { } folder ? values.Text(folder.Value, "folder") : null,
            Inputs = Patterns(map, "inputs"),
            Outputs = Patterns(map, "outputs"),
            Environment = map.Find("environment") is { } environment ? values.Pairs(environment.Value, "environment") : [],
            Platform = map.Find("platform") is { Value: YamlScalar name } ? Platform(name, null)?.Platform : null,
            PerPlatform = map.Find("per-platform") is { } each && values.Flag(each.Value, "per-platform") is true,
            Place = map.Find("run")!.Key.Place,
        };
    }

    private ImmutableArray<string> Command(YamlNode run) => run is YamlScalar line ? ["sh", "-c", line.Text]
        : [.. values.Texts(run, "run").Select(word => word.Text)];

    private ImmutableArray<string> Patterns(YamlMap map, string key)
    {
        if (map.Find(key) is not { } entry)
            return [];
        var patterns = values.Texts(entry.Value, key);
        foreach (var pattern in patterns)
            Try(() => IgnoreRules.Parse(key, pattern.Text), pattern.Place, $"'{pattern.Text}' is not a valid file pattern.");
        return [.. patterns.Select(pattern => pattern.Text)];
    }

    private ComponentVerification? Verification(YamlNode value)
    {
        if (value is YamlScalar)
            return Mode(value) is { } only ? new ComponentVerification { Policy = new VerificationPolicy { Mode = only } } : null;
        if (!values.Map(value, "verify", out var map))
            return null;
        foreach (var (key, _) in map.Entries.Where(entry => !Keys.Verify.Contains(entry.Key.Text)))
            values.Refuse(key, "verify", Keys.Verify);
        var policy = new VerificationPolicy { Mode = (map.Find("mode") is { } mode ? Mode(mode.Value) : null) ?? GateMode.On };
        foreach (var pattern in map.Find("allow") is { } allow ? values.Texts(allow.Value, "allow") : [])
            Try(() => policy = policy with { Allow = policy.Allow.Add(pattern.Text) }, pattern.Place,
                $"'{pattern.Text}' is not a valid file pattern.");
        var verification = new ComponentVerification { Policy = policy };
        if (map.Find("run") is { Value: not YamlScalar { IsNull: true } } run)
            verification = verification with
            {
                Run = run.Value is YamlScalar line
                    ? [.. line.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries)]
                    : [.. values.Texts(run.Value, "run").Select(word => word.Text)],
            };
        return map.Find("timeout") is { } timeout && Timeout(timeout.Value) is { } limit
            ? verification with { Timeout = limit }
            : verification;
    }

    private GateMode? Mode(YamlNode value)
    {
        switch ((value as YamlScalar)?.Text.ToLowerInvariant())
        {
            case "off" or "false" or "no":
                return GateMode.Off;
            case "warn":
                return GateMode.Warn;
            case "on" or "true" or "yes":
                return GateMode.On;
            case "strict":
                return GateMode.Strict;
            default:
                values.Wrong(value, "verify", "off, warn, on, strict or a map");
                return null;
        }
    }

    /// <summary>Seconds, or a duration such as <c>1m30s</c>.</summary>
    private TimeSpan? Timeout(YamlNode value)
    {
        var text = (value as YamlScalar)?.Text ?? "";
        var seconds = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number
            : GoDuration.TryParse(text, out var nanoseconds) ? nanoseconds / 1e9 : 0;
        if (seconds is > 0 and <= 86_400)
            return TimeSpan.FromSeconds(seconds);
        values.Wrong(value, "timeout", "a number of seconds up to 86400, or a duration such as 1m30s");
        return null;
    }

    /// <summary><c>[PLACE:]KEY: VALUE</c>, <c>PLACE: {KEY: VALUE}</c>, or a list of texts as <c>--annotation</c> has them.</summary>
    private ImmutableArray<Annotation> Annotations(YamlNode value) => value is not YamlMap map
        ? [.. values.Pairs(value, "annotations").SelectMany(Annotation)]
        : [.. map.Entries.SelectMany(entry => entry.Value is YamlMap inner
            ? values.Pairs(inner, entry.Key.Text).SelectMany(pair => Annotation(pair with { Key = $"{entry.Key.Text}:{pair.Key}" }))
            : values.Pairs(new YamlMap([entry], entry.Key.Place), "annotations").SelectMany(Annotation))];

    private IEnumerable<Annotation> Annotation(Setting pair)
    {
        ImmutableArray<Annotation> read = [];
        Try(() => read = Planning.Annotation.Parse($"{pair.Key}={pair.Value}"), pair.Place, null);
        return read;
    }

    /// <param name="message">What to say instead of what the failure says.</param>
    private void Try(Action read, Dockerfile.Place place, string? message)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is FormatException or DockerfileException)
        {
            values.Faults.Add(place, message ?? e.Message);
        }
    }
}
