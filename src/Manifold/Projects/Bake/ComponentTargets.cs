using System.Collections.Immutable;
using System.Globalization;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects.Targets;

namespace Manifold.Projects.Bake;

/// <summary>A project of any file as bake's targets and groups.</summary>
/// <remarks>
/// A component whose platforms come from different places becomes a target for each of these places, with the platform's tags, and a group
/// of its name. An image that is taken as it is becomes a Dockerfile of one line. Hooks, checkouts, verification and rollout have no word
/// in bake. Paths start from the working folder, and are absolute where they are not in it.
/// </remarks>
internal sealed class ComponentTargets(Project project, string workingFolder)
{
    /// <param name="workingFolder">What the Dockerfiles' paths start from.</param>
    public static BakeDocument Of(Project project, string workingFolder) => new ComponentTargets(project, workingFolder).Write();

    private sealed record Part(string Name, Component Component, ComponentSource Source, ImmutableArray<Platform> Platforms,
        ImmutableArray<ImageReference> Tags);

    private BakeDocument Write()
    {
        var parts = project.Components.ToDictionary(component => component.Name, component => Parts(component).ToList());
        return new BakeDocument([.. parts.Values.SelectMany(each => each).Select(Target)], Groups(parts));
    }

    private static IEnumerable<Part> Parts(Component component)
    {
        var (name, bySource) = (BakeNames.Of(component.Name), component.Platforms.GroupBy(each => each.Source).ToList());
        if (bySource is [_] || bySource.All(each => AreAlike(each.Key, bySource[0].Key)))
            return [new Part(name, component, bySource[0].Key, [.. component.Platforms.Select(each => each.Platform)], component.Tags)];
        return component.Platforms.Select(each =>
        {
            var ending = component.PlatformTagNames.GetValueOrDefault(each.Platform)
                ?? each.Platform.Dashed[(each.Platform.Os.Length + 1)..];
            return new Part($"{name}-{ending}", component, each.Source, [each.Platform],
                [.. component.Tags.Select(tag => tag.WithTag($"{tag.Tag}-{ending}"))]);
        });
    }

    /// <summary>Records compare their lists by identity; what a target would say decides.</summary>
    private static bool AreAlike(ComponentSource a, ComponentSource b) => (a, b) switch
    {
        (ImageSource x, ImageSource y) => x.Location == y.Location,
        (BuildSource x, BuildSource y) =>
            (x.ContextFolder, x.ContextAddress, x.DockerfilePath, x.InlineDockerfile, x.Target) == (y.ContextFolder, y.ContextAddress,
            y.DockerfilePath, y.InlineDockerfile, y.Target) && x.Arguments.SequenceEqual(y.Arguments),
        _ => false,
    };

    private ImmutableSortedDictionary<string, ImmutableArray<string>> Groups(Dictionary<string, List<Part>> parts)
    {
        var shipped = project.Default.IsEmpty ? [.. project.Components.Select(component => component.Name)] : project.Default;
        var several = parts.Where(each => each.Value.Count > 1)
            .Select(each => KeyValuePair.Create(BakeNames.Of(each.Key), each.Value.Select(part => part.Name).ToImmutableArray()));
        return project.Groups.SetItem("default", shipped).Where(group => !parts.ContainsKey(group.Key))
            .Select(group => KeyValuePair.Create(BakeNames.Of(group.Key), Members(group.Value)))
            .Where(group => !group.Value.IsEmpty).Concat(several).ToImmutableSortedDictionary(StringComparer.Ordinal);

        // A group may name more than is printed.
        ImmutableArray<string> Members(ImmutableArray<string> names) =>
            [.. names.Where(parts.ContainsKey).SelectMany(name => parts[name].Select(part => part.Name))];
    }

    private BakeTarget Target(Part part)
    {
        var (keys, component) = (new TargetKeys(), part.Component);
        if (part.Source is BuildSource build)
            Write(keys, build);
        else
            keys.Text("dockerfile-inline", $"FROM {((ImageSource)part.Source).Location}\n");
        keys.Map("labels", part.Source is BuildSource ? component.Labels : component.Labels.Clear());
        keys.List("annotations", component.Annotations.Select(Annotation));
        keys.List("tags", part.Tags.Select(tag => tag.ToString()).Concat(component.UnreadableTags));
        keys.List("attest", component.Attested.Select(text => text.Contains('=', StringComparison.Ordinal) ? text : $"type={text}"));
        keys.List("platforms", component.IsForThisMachine ? [] : part.Platforms.Select(platform => platform.ToString()));
        keys.List("output", Outputs(component));
        return new BakeTarget(part.Name, default, keys.Settings);
    }

    private IEnumerable<string> Outputs(Component component) =>
        project.Push && component is { Publish: true, IsPushed: false } ? component.Outputs.Add($"type=registry{Form(component)}")
            : component.Outputs;

    private void Write(TargetKeys keys, BuildSource build)
    {
        keys.Text("context", build.ContextAddress ?? RelativePath.From(workingFolder, build.ContextFolder));
        if (build.InlineDockerfile is null && build.DockerfilePath is { } path)
            keys.Text("dockerfile", Path.GetRelativePath(build.ContextFolder, Path.GetFullPath(path, workingFolder)));
        keys.Text("dockerfile-inline", build.InlineDockerfile);
        keys.Text("target", build.Target);
        keys.Map("args", build.Arguments);
        keys.Map("contexts", build.Contexts.ToImmutableSortedDictionary(each => each.Key, each => Context(each.Value)));
        keys.List("secret", build.Secrets);
        keys.List("ssh", build.Ssh);
        keys.List("cache-from", build.CacheFrom);
        keys.List("cache-to", build.CacheTo);
        keys.List("no-cache-filter", build.NoCacheFilter);
        keys.Flag("no-cache", build.NoCache);
        keys.Flag("pull", build.Pull);
        keys.Text("network", build.Run.Network == RunNetwork.Default ? null : build.Run.Network.ToString().ToLowerInvariant());
        keys.Text("shm-size", build.Run.SharedMemory?.ToString(CultureInfo.InvariantCulture));
        keys.Map("extra-hosts", build.Run.Hosts.GroupBy(host => host.Name)
            .ToImmutableSortedDictionary(host => host.Key, host => string.Join(',', host.Select(each => each.Address)),
            StringComparer.Ordinal));
        keys.List("ulimits", build.Run.Limits.Select(limit => $"{limit.Name}={limit.Soft}:{limit.Hard}"));
        keys.List("entitlements", build.Entitlements.Select(each => each.Name));
    }

    private string Context(NamedContext context) => context switch
    {
        SiblingContext sibling => "target:" + BakeNames.Of(sibling.Name),
        ImageContext image => "docker-image://" + image.Reference,
        RemoteContext remote => remote.Address,
        FolderContext folder => RelativePath.From(workingFolder, folder.Folder),
        LayoutContext layout =>
            $"oci-layout://{layout.Folder}"
            + (layout.Tag is null ? "" : ":" + layout.Tag)
            + (layout.Digest is null ? "" : "@" + layout.Digest),
        _ => throw new ArgumentOutOfRangeException(nameof(context)),
    };

    private static string Annotation(Annotation annotation)
    {
        var place = annotation.Place switch
        {
            AnnotationPlace.Index => "index",
            AnnotationPlace.IndexDescriptor => "index-descriptor",
            AnnotationPlace.ManifestDescriptor => "manifest-descriptor",
            _ => "manifest",
        };
        return $"{place}{(annotation.Platform is null ? "" : $"[{annotation.Platform}]")}:{annotation.Key}={annotation.Value}";
    }

    private static string Form(Component component) => string.Concat(
        component.Layers is { } layers
            ? $",compression={layers.Own.Name.Replace("-", ",compression-level=", StringComparison.Ordinal)}"
                + (layers.BasesToo ? ",force-compression=true" : "")
            : "",
        component.DockerFormat ? ",oci-mediatypes=false" : "");
}
