using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Fetching;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects.Targets;
using Manifold.Projects.Yaml;
using Manifold.Publishing.Referrers;
using Manifold.Verification;
using ExtraHost = Manifold.Sandbox.ExtraHost;
using ResourceLimit = Manifold.Sandbox.ResourceLimit;

namespace Manifold.Projects.ManifoldFile;

/// <summary>One override of one component.</summary>
internal sealed class ComponentOverride(Component component, Override set, Surroundings around)
{
    // The override is read as a file of one line is, and its faults are told as that file's.
    private readonly FileFaults faults = new(new SourceText("--set", set.Text));

    /// <summary>A list is added to; else it is replaced.</summary>
    public required bool Adds { get; init; }

    /// <exception cref="UsageException">The value is not of the key's kind.</exception>
    /// <exception cref="ProjectFileException">The value names what is not there.</exception>
    public Component Apply()
    {
        var changed = Changed();
        faults.ThrowIfAny();
        return changed;
    }

    private Component Changed() => set.Key switch
    {
        "platform" or "platforms" => component with { Platforms = Platforms(), IsForThisMachine = set.List.IsEmpty },
        "tags" => component with { Tags = [.. (Adds ? component.Tags : []).Concat(set.List.SelectMany(Tag)).Distinct()] },
        "labels" => component with { Labels = With(component.Labels) },
        "annotations" => component with { Annotations = [.. Adds || set.Name is not null ? component.Annotations : [], .. Annotations()] },
        "verify" =>
            component with { Verification = component.Verification with { Policy = component.Verification.Policy with { Mode = Mode() } } },
        "attest" => Attested(),
        "publish" => component with { Publish = set.Flag },
        "index" => component with
        {
            WithoutIndex = set.Required switch
            {
                "never" => true,
                "always" => false,
                _ =>
                    throw set.Wrong($"'{set.Value}' is not valid. Expected always or never."),
            },
        },
        "created" => component with { Created = CreatedTime.Parse("--set created", set.Required) },
        "platform-tags" => component with { PlatformTags = set.Flag },
        "output" => Outputs([.. Adds ? component.Outputs : [], .. set.Required.Length == 0 ? Array.Empty<string>() : [set.Required]]),
        "push" when set.Pattern is null => component,
        "push" => Outputs(OutputOverrides.Pushed(component.Outputs, set.Flag)) with { Publish = set.Flag },
        "load" => component with { Load = set.Flag },
        "call" => set.Required is "check" or "lint" or "build" or "" ? component with { IsChecked = set.Required is "check" or "lint" }
            : throw set.Wrong("it does not build an image. To see what a build would do, run: manifold bake --plan"),
        _ => component with
        {
            Platforms = [.. component.Platforms.Select(
                platform => platform.Source is BuildSource build ? platform with { Source = Changed(build) } : platform)],
        },
    };

    private BuildSource Changed(BuildSource build) => set.Key switch
    {
        "args" => build with { Arguments = With(build.Arguments) },
        "target" => build with { Target = set.Required.Length > 0 ? set.Value : null },
        "context" => build with
        {
            ContextFolder = Folder(),
            ContextAddress = ContextFetcher.IsRemote(set.Required) ? set.Required : null,
            DockerfilePath = Moved(build),
        },
        "dockerfile" => build with { DockerfilePath = Dockerfile(build), InlineDockerfile = null },
        "contexts" => build with { Contexts = Contexts(build.Contexts) },
        "no-cache" => build with { NoCache = set.Flag },
        "no-cache-filter" => build with { NoCacheFilter = List(build.NoCacheFilter, Texts) },
        "pull" => build with { Pull = set.Flag },
        "dockerfile-inline" => build with { InlineDockerfile = set.Required, DockerfilePath = null },
        "network" => build with { Run = build.Run with { Network = RunTexts.Network($"--set {set.Key}", set.Required) } },
        "shm-size" => build with { Run = build.Run with { SharedMemory = Memory() } },
        "extra-hosts" => build with { Run = build.Run with { Hosts = Hosts(build.Run.Hosts) } },
        "ulimits" => build with { Run = build.Run with { Limits = Limits(build.Run.Limits) } },
        "entitlements" => build with { Entitlements = Entitlements(build.Entitlements) },
        "secret" when set.Name is { } id => build with { Secrets = Secret(build.Secrets, id) },
        "secret" => build with { Secrets = List(build.Secrets, new SecretResolver(around, faults).Secrets) },
        "secrets" => build with { Secrets = List(build.Secrets, new SecretResolver(around, faults).Secrets) },
        "ssh" => build with { Ssh = List(build.Ssh, new SecretResolver(around, faults).Ssh) },
        "cache-from" => build with { CacheFrom = List(build.CacheFrom, Texts) },
        "cache-to" => build with { CacheTo = List(build.CacheTo, Texts) },
        _ => build,
    };

    private Component Outputs(ImmutableArray<string> texts) =>
        ComponentOutputs.Read(texts.Select(text => new Located(text, Value.Place)), faults.Add).Applied(component);

    private ImmutableArray<ResourceLimit> Limits(ImmutableArray<ResourceLimit> limits) => set.Required.Length == 0 ? []
        : [.. (Adds ? limits : []).Append(RunTexts.Limit($"--set {set.Key}", set.Required)).GroupBy(limit => limit.Name)
            .Select(group => group.Last())];

    private long? Memory() => set.Required.Length == 0 ? null : RunTexts.Memory($"--set {set.Key}", set.Required);

    private ImmutableArray<ExtraHost> Hosts(ImmutableArray<ExtraHost> hosts) =>
        [.. hosts.Where(host => host.Name != set.RequiredName), RunTexts.Host($"--set {set.Key}", $"{set.RequiredName}={set.Required}")];

    /// <summary>These only ever grow.</summary>
    private ImmutableArray<Entitlement> Entitlements(ImmutableArray<Entitlement> before) => set.Required.Length == 0 ? before
        : [.. before.Append(new Entitlement(RunTexts.Entitlement($"--set {set.Key}", set.Required), Value.Place))
            .DistinctBy(each => each.Name)];

    /// <summary>Another place of a secret that the image has.</summary>
    private ImmutableArray<string> Secret(ImmutableArray<string> secrets, string id)
    {
        if (!secrets.Any(text => text.Split(',').Contains($"id={id}")))
            throw set.Wrong($"'{component.Name}' has no secret '{id}'. Add it: --set {component.Name}.secrets+=id={id},{set.Required}");
        var read = new SecretResolver(around, faults).Secrets([Value with { Text = $"id={id},{set.Required}" }]);
        return [.. secrets.Where(text => !text.Split(',').Contains($"id={id}")), .. read];
    }

    /// <summary>A platform that was there keeps its source; a new one is made as the first that is built.</summary>
    private ImmutableArray<ComponentPlatform> Platforms()
    {
        var model = component.Platforms.FirstOrDefault(platform => platform.Source is BuildSource) ?? component.Platforms[0];
        var wanted = set.List.Select(PlatformOf).ToList();
        if (wanted.Count == 0)
            wanted = [around.Options.DefaultPlatform];
        var kept = Adds ? component.Platforms.Select(each => each.Platform) : [];
        return [.. kept.Concat(wanted).Distinct().Select(platform =>
            component.Platforms.FirstOrDefault(each => each.Platform == platform) ?? new ComponentPlatform(platform, model.Source))];
    }

    private Platform PlatformOf(string name)
    {
        if (!Platform.TryParse(name, out var platform))
            throw set.Wrong($"'{name}' is not a platform. Example: linux/amd64,linux/arm64.");
        return platform;
    }

    /// <summary>A bare tag goes to the repositories that the component has its tags in.</summary>
    private IEnumerable<ImageReference> Tag(string text)
    {
        var isBare = text.AsSpan().IndexOfAny("/:@") < 0;
        var names = isBare
            ? component.Tags.Select(tag => $"{tag.Name}:{text}").Distinct().DefaultIfEmpty($"{component.Name}:{text}")
            : [text];
        return names.Select(TagOf);
    }

    private ImageReference TagOf(string name)
    {
        if (!ImageReference.TryParse(name, out var reference) || reference.Digest is not null)
            throw set.Wrong($"'{name}' is not a valid tag.");
        return reference;
    }

    private IEnumerable<Annotation> Annotations()
    {
        try
        {
            return set.Name is { } key ? Annotation.Parse($"{key}={set.Required}")
                : set.Required.Length == 0 ? []
                : Annotation.Parse(set.Required);
        }
        catch (FormatException e)
        {
            throw set.Wrong(e.Message);
        }
    }

    private Component Attested()
    {
        var before = Adds ? component : component with { Sbom = false, Provenance = false, AttestTexts = [] };
        if (set.Required.Length == 0)
            return before;
        var text = set.Required.Contains('=', StringComparison.Ordinal) ? set.Required : $"type={set.Required}";
        var read = Attestation.Parse($"--set {set.Key}", text);
        var said = before with { AttestTexts = before.AttestTexts.Add(text) };
        return read.Type == Attestation.Sbom ? said with { Sbom = read.Wanted } : said with { Provenance = read.Wanted };
    }

    private GateMode Mode() => set.Required switch
    {
        "off" or "false" => GateMode.Off,
        "warn" => GateMode.Warn,
        "on" or "true" => GateMode.On,
        "strict" => GateMode.Strict,
        _ => throw set.Wrong($"'{set.Value}' is not valid. Expected off, warn, on or strict."),
    };

    /// <summary>A name without a value takes that of the environment, if it has one.</summary>
    private ImmutableSortedDictionary<string, string> With(ImmutableSortedDictionary<string, string> table) =>
        (set.Value ?? around.Options.Environment.GetValueOrDefault(set.RequiredName)) is { } value ? table.SetItem(set.RequiredName, value)
            : table;

    private ImmutableSortedDictionary<string, NamedContext> Contexts(ImmutableSortedDictionary<string, NamedContext> contexts) =>
        set.Required.Length == 0 ? contexts.Remove(set.RequiredName)
            : contexts.SetItems(new ContextResolver(around, faults)
                .Resolve(component.Name, [new Setting(set.RequiredName, set.Value, Value.Place)], madeLater: false));

    private ImmutableArray<string> List(ImmutableArray<string> list, Func<ImmutableArray<Located>, ImmutableArray<string>> read) =>
        [.. Adds ? list : [], .. set.Required.Length == 0 ? [] : read([Value])];

    private Located Value =>
        new(set.Required, faults.Source.PlaceOf(0, set.Text.Length - set.Required.Length, Math.Max(1, set.Required.Length)));

    private static ImmutableArray<string> Texts(ImmutableArray<Located> texts) => [.. texts.Select(text => text.Text)];

    private string Folder()
    {
        if (ContextFetcher.IsRemote(set.Required))
            return "/";
        if (around.Paths.Absolute(set.Required) is var folder && Directory.Exists(folder))
            return folder;
        throw set.Wrong($"'{set.Value}' is not a folder.");
    }

    private string? Dockerfile(BuildSource build) =>
        set.Required.Length == 0 ? null : around.Paths.Shown(Path.GetFullPath(set.Required, build.ContextFolder));

    /// <summary>A Dockerfile is found from its context, and moves with it.</summary>
    private string? Moved(BuildSource build) => build.DockerfilePath is not { } path ? null
        : around.Paths.Shown(
            Path.GetFullPath(Path.GetRelativePath(build.ContextFolder, Path.GetFullPath(path, around.Paths.WorkingFolder)), Folder()));
}
