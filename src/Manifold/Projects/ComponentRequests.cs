using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Projects;

/// <summary>What a component asks of a build, platform by platform.</summary>
internal sealed class ComponentRequests(Project project, GraphOptions options, SiblingNames names)
{
    /// <exception cref="ManifoldException">A value of the component means nothing.</exception>
    public BuildRequest Of(Component component, Platform platform, BuildSource source) =>
        source.Request is { } given ? given with { Platforms = [platform] } : Read(component, platform, source);

    private BuildRequest Read(Component component, Platform platform, BuildSource source) => BuildKitArguments.Applied(new BuildRequest
    {
        ContextFolder = source.ContextFolder,
        ContextAddress = source.ContextAddress,
        ContextTime = source.ContextTime,
        DockerfilePath = DockerfileOf(source),
        InlineDockerfile = source.InlineDockerfile,
        Platforms = [platform],
        Target = source.Target,
        BuildArguments = source.Arguments,
        Labels = component.Labels,
        Annotations = component.Annotations,
        Layers = component.Layers ?? LayerPolicy.Default,
        Created = source.Created,
        Contexts =
            source.Contexts.ToImmutableSortedDictionary(context => context.Key, context => Resolved(context.Value), StringComparer.Ordinal),
        Run = RunOf(source),
        Tags = component.Tags,
        NoCache = options.NoCache || source.NoCache,
        NoCacheFilter = [.. source.NoCacheFilter
            .SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        Pull = options.Pull || source.Pull,
        Cache = CacheRequest.Parse(
            source.CacheFrom.Where(text => !CacheRequest.IsElsewhere(text)),
            source.CacheTo.Where(text => !CacheRequest.IsElsewhere(text))),
        SourceDateEpoch = BuildKitArguments.ReadEpoch(source.Arguments.GetValueOrDefault(BuildKitArguments.Epoch), mayBeName: true)
            ?? options.SourceDateEpoch,
    });

    private RunSettings RunOf(BuildSource source)
    {
        var settings = options.RunSettings(source);
        foreach (var asked in source.Entitlements)
            if (!(asked.Name == RunSettings.Insecure ? settings.AllowInsecure : settings.AllowHostNetwork))
                throw new UsageException($"the file requests {asked.Name} ({asked.Place}), which is not allowed. If you trust this "
                    + $"project, add: --allow {asked.Name}");
        return settings with
        {
            Network = source.Run.Network,
            Hosts = source.Run.Hosts,
            SharedMemory = source.Run.SharedMemory,
            Limits = source.Run.Limits,
        };
    }

    /// <summary>As people find it: many Dockerfiles of a project are called 'Dockerfile'.</summary>
    private static string? DockerfileOf(BuildSource source)
    {
        if (source.InlineDockerfile is not null)
            return source.DockerfilePath ?? $"{source.Place.File}({source.Place.Line})";
        var here = Directory.GetCurrentDirectory();
        return new ProjectPaths(here, here).Shown(source.DockerfilePath ?? BuildFiles.DefaultPathOf(source.ContextFolder));
    }

    private NamedContext Resolved(NamedContext context) => context switch
    {
        SiblingContext sibling => new ImageContext(names.ReferenceOf(sibling.Name)
            ?? throw new UsageException($"contexts: image:{sibling.Name}: {project.File} has no image '{sibling.Name}'.")),
        LayoutContext layout => new ImageContext(options.LayoutReference(layout)),
        _ => context,
    };

    /// <summary>A key of everything in which platforms of one component can differ, but for the platform.</summary>
    public static Digest GroupOf(BuildSource source)
    {
        using var key = new KeyBuilder();
        return key
            .Add(source.ContextFolder)
            .Add(source.DockerfilePath)
            .Add(source.InlineDockerfile)
            .Add(source.Target)
            .Add(source.NoCache ? 1 : 0)
            .Add(source.Pull ? 1 : 0)
            .AddAll(source.NoCacheFilter)
            .AddAll(source.CacheFrom)
            .AddAll(source.CacheTo)
            .AddAll(source.Arguments.Select(argument => $"{argument.Key}={argument.Value}"))
            .AddAll(source.Contexts.Select(context => $"{context.Key}={context.Value}"))
            .AddAll(source.Secrets)
            .AddAll(source.Ssh)
            .Add((long)source.Run.Network)
            .AddAll(source.Run.Bounds)
            .AddAll(source.Entitlements.Select(each => each.Name))
            .ToDigest();
    }
}
