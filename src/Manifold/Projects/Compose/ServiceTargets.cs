using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Hcl;
using Manifold.Projects.Bake;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Targets;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>The services of compose files as bake's targets, with the texts that the file has.</summary>
/// <remarks>Paths that start from the file's folder start from the working folder where they are targets'.</remarks>
internal sealed class ServiceTargets(ProjectPaths paths, ReadingOptions options)
{
    public BakeDocument Of(ImmutableArray<NamedImage> services) => new(
        [.. services.Select(Target)],
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal)
            .Add("default", [.. services.Select(service => BakeNames.Of(service.Name)).Distinct()]));

    /// <summary>The targets where they stand in the files, so that a bake file's blocks can add to them.</summary>
    public static ImmutableArray<BakeTarget> Placed(Project services, BakeSources sources, ReadingOptions options)
    {
        var origins = services.Components
            .Select(component => component.Place.File)
            .Distinct()
            .Select(file => (File: file, Text: options.ReadText(file)))
            .ToDictionary(each => each.File, each => (each.Text, Origin: sources.AddPlaces(each.Text)));
        return
        [
            .. from target in services.Written!.Targets
               let component = services.Components.FirstOrDefault(component => BakeNames.Of(component.Name) == target.Name)
               where component is not null
               select At(target, SpanOf(component.Place, origins[component.Place.File])),
        ];
    }

    private static HclSpan SpanOf(Place place, (LocatedText Text, int Origin) file) =>
        new(file.Origin + file.Text.OffsetOf(place), place.Length);

    private static BakeTarget At(BakeTarget target, HclSpan span) => target with
    {
        Span = span,
        Settings = target.Settings.ToImmutableSortedDictionary(
            each => each.Key,
            each => new BakeSetting([.. each.Value.Items.Select(item => item with { Span = span })], span),
            StringComparer.Ordinal),
    };

    private BakeTarget Target(NamedImage service)
    {
        var (keys, settings, run) = (new TargetKeys(), service.Settings, service.Settings.Run);
        keys.Text("context", Moved(settings.Context?.Text));
        keys.Text("dockerfile", settings.Dockerfile?.Text);
        keys.Text("dockerfile-inline", settings.InlineDockerfile?.Text);
        keys.Text("target", settings.Target?.Text);
        keys.Map("args", SourceResolver.Table(settings.Arguments, options.Environment.GetValueOrDefault));
        keys.Map("labels", SourceResolver.Table(settings.Labels, name => ""));
        keys.Map("contexts", SourceResolver.Table(settings.Contexts, name => null)
            .ToImmutableSortedDictionary(each => each.Key, each => Context(each.Value), StringComparer.Ordinal));
        keys.List("tags", Texts(settings.Tags));
        keys.List("platforms", (settings.Platforms?.Entries.Select(entry => entry.Platform.ToString()) ?? [])
            .Concat(Texts(settings.WrongPlatforms)));
        keys.List("cache-from", Texts(settings.CacheFrom));
        keys.List("cache-to", Texts(settings.CacheTo));
        keys.List("secret", Texts(settings.Secrets).Select(Secret));
        keys.List("ssh", Texts(settings.Ssh).Select(Agent));
        keys.List("output", Texts(settings.Outputs));
        keys.List("attest", Texts(settings.Attest));
        keys.List("no-cache-filter", Texts(settings.NoCacheFilter));
        keys.Flag("no-cache", settings.NoCache ?? false);
        keys.Flag("pull", settings.Pull ?? false);
        keys.Text("network", run.Network?.Text);
        keys.Text("shm-size", run.SharedMemory?.Text);
        keys.List("ulimits", Texts(run.Limits));
        keys.List("entitlements", Texts(run.Entitlements));
        keys.Map("extra-hosts", (run.Hosts ?? [])
            .Select(Host)
            .GroupBy(pair => pair[0])
            .ToImmutableSortedDictionary(
                group => group.Key,
                group => string.Join(',', group.Select(pair => pair[^1])),
                StringComparer.Ordinal));
        return new BakeTarget(BakeNames.Of(service.Name), default, keys.Settings).Normalized();
    }

    private static IEnumerable<string> Texts(ImmutableArray<Located>? texts) => (texts ?? []).Select(text => text.Text);

    /// <summary>A path from the file's folder, from the working folder; itself where these are one.</summary>
    private string? Moved(string? path) =>
        path is null
            || paths.Folder == Path.GetFullPath(options.WorkingFolder)
            || BakeContexts.IsRemote(path)
            || Path.IsPathRooted(path)
            ? path
            : RelativePath.From(options.WorkingFolder, Path.GetFullPath(path, paths.Folder));

    /// <summary><c>HOST=IP</c>, or <c>HOST:IP</c>.</summary>
    private static string[] Host(Located host) => host.Text.Split(host.Text.Contains('=', StringComparison.Ordinal) ? '=' : ':', 2);

    private string Context(string text) =>
        text.StartsWith("service:", StringComparison.Ordinal) || text.StartsWith("target:", StringComparison.Ordinal)
            ? "target:" + BakeNames.Of(text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..])
            : text.Contains(':', StringComparison.Ordinal) ? text : Moved(text)!;

    /// <summary><c>ID</c>, or <c>ID=PATH[,PATH…]</c>.</summary>
    private string Agent(string text) => text.IndexOf('=', StringComparison.Ordinal) is var at and > 0
        ? text[..(at + 1)] + string.Join(',', text[(at + 1)..].Split(',').Select(Moved))
        : text;

    private string Secret(string text) =>
        string.Join(',', text
            .Split(',')
            .Select(field => field.StartsWith("src=", StringComparison.Ordinal) ? $"src={Moved(field["src=".Length..])}" : field));
}
