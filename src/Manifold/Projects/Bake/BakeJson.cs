using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Projects.Bake;

/// <summary>A project as a bake file: what <c>docker buildx bake -f -</c> takes.</summary>
/// <remarks>
/// A component whose platforms come from different places becomes a target for each of these places, with the platform's tags, and a group of its name.
/// An image that is taken as it is becomes a Dockerfile of one line. Hooks, checkouts, verification and rollout have no word in bake. Paths are absolute.
/// </remarks>
public static class BakeJson
{
    /// <param name="workingFolder">What the Dockerfiles' paths start from.</param>
    public static string Write(Project project, string workingFolder)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            var targets = project.Components.ToDictionary(component => component.Name, component => Targets(component).ToList());
            json.WriteStartObject();
            WriteGroups(json, [.. Groups(project, targets)]);
            json.WriteStartObject("target");
            foreach (var target in targets.Values.SelectMany(each => each))
                new TargetWriter(json, project, workingFolder).Write(target);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <summary>Buildx minds a map of groups without one in it.</summary>
    private static void WriteGroups(Utf8JsonWriter json, ImmutableArray<(string Name, IEnumerable<string> Members)> groups)
    {
        if (groups.IsEmpty)
            return;
        json.WriteStartObject("group");
        foreach (var (name, members) in groups)
        {
            json.WriteStartObject(name);
            Texts(json, "targets", members);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <summary>Bake's names have no dots.</summary>
    private static string NameOf(string component) => component.Replace('.', '_');

    private sealed record Target(string Name, Component Component, ComponentSource Source, ImmutableArray<Platform> Platforms, ImmutableArray<ImageReference> Tags);

    private static IEnumerable<Target> Targets(Component component)
    {
        var bySource = component.Platforms.GroupBy(each => each.Source).ToList();
        if (bySource is [_] || bySource.All(each => AreAlike(each.Key, bySource[0].Key)))
            return [new Target(NameOf(component.Name), component, bySource[0].Key, [.. component.Platforms.Select(each => each.Platform)], component.Tags)];
        return component.Platforms.Select(each =>
        {
            var ending = component.PlatformTagNames.GetValueOrDefault(each.Platform) ?? each.Platform.Dashed[(each.Platform.Os.Length + 1)..];
            return new Target($"{NameOf(component.Name)}-{ending}", component, each.Source, [each.Platform], [.. component.Tags.Select(tag => tag.WithTag($"{tag.Tag}-{ending}"))]);
        });
    }

    /// <summary>Records compare their lists by identity; what a target would say decides.</summary>
    private static bool AreAlike(ComponentSource a, ComponentSource b) => (a, b) switch
    {
        (ImageSource x, ImageSource y) => x.Location == y.Location,
        (BuildSource x, BuildSource y) => (x.ContextFolder, x.ContextAddress, x.DockerfilePath, x.InlineDockerfile, x.Target) == (y.ContextFolder, y.ContextAddress, y.DockerfilePath, y.InlineDockerfile, y.Target) && x.Arguments.SequenceEqual(y.Arguments),
        _ => false,
    };

    private static IEnumerable<(string Name, IEnumerable<string> Members)> Groups(Project project, Dictionary<string, List<Target>> targets)
    {
        var shipped = project.Default.IsEmpty ? project.Components.Select(component => component.Name) : project.Default;
        var groups = project.Groups.SetItem("default", [.. shipped]);
        // A group may name more than is printed.
        return groups.Where(group => !targets.ContainsKey(group.Key))
            .Select(group => (Name: NameOf(group.Key), Members: Members(group.Value))).Where(group => group.Members.Any())
            .Concat(targets.Where(each => each.Value.Count > 1).Select(each => (NameOf(each.Key), each.Value.Select(target => target.Name))));

        IEnumerable<string> Members(ImmutableArray<string> names) =>
            names.Where(targets.ContainsKey).SelectMany(name => targets[name].Select(target => target.Name));
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(Escaped(value));
        json.WriteEndArray();
    }

    /// <summary>A bake file's texts are templates.</summary>
    private static string Escaped(string text) => text.Replace("${", "$${", StringComparison.Ordinal).Replace("%{", "%%{", StringComparison.Ordinal);

    private sealed class TargetWriter(Utf8JsonWriter json, Project project, string workingFolder)
    {
        public void Write(Target target)
        {
            json.WriteStartObject(target.Name);
            if (target.Source is BuildSource build)
                Write(build);
            else
                Text("dockerfile-inline", $"FROM {((ImageSource)target.Source).Location}\n");
            Map("labels", target.Source is BuildSource ? target.Component.Labels : target.Component.Labels.Clear());
            List("annotations", target.Component.Annotations.Select(Annotation));
            List("tags", target.Tags.Select(tag => tag.ToString()));
            List("attest", target.Component.Attested.Select(type => $"type={type}"));
            List("platforms", target.Platforms.Select(platform => platform.ToString()));
            List("output", project.Push && target.Component.Publish ? target.Component.Outputs.Add($"type=registry{Form(target.Component)}") : target.Component.Outputs);
            json.WriteEndObject();
        }

        private void Write(BuildSource build)
        {
            Text("context", build.ContextAddress ?? build.ContextFolder);
            if (build.InlineDockerfile is null && build.DockerfilePath is { } path)
                Text("dockerfile", build.ContextAddress is null ? Path.GetFullPath(Path.Combine(workingFolder, path)) : Path.GetRelativePath(build.ContextFolder, path));
            Text("dockerfile-inline", build.InlineDockerfile);
            Text("target", build.Target);
            Map("args", build.Arguments);
            Map("contexts", build.Contexts.ToImmutableSortedDictionary(each => each.Key, each => Context(each.Value)));
            List("secret", build.Secrets);
            List("ssh", build.Ssh);
            List("cache-from", build.CacheFrom);
            List("cache-to", build.CacheTo);
            if (build.NoCache)
                json.WriteBoolean("no-cache", true);
            if (build.Pull)
                json.WriteBoolean("pull", true);
            Text("network", build.Run.Network == RunNetwork.Default ? null : build.Run.Network.ToString().ToLowerInvariant());
            Text("shm-size", build.Run.SharedMemory?.ToString(CultureInfo.InvariantCulture));
            Map("extra-hosts", build.Run.Hosts.DistinctBy(host => host.Name).ToImmutableSortedDictionary(host => host.Name, host => host.Address, StringComparer.Ordinal));
            List("ulimits", build.Run.Limits.Select(limit => $"{limit.Name}={limit.Soft}:{limit.Hard}"));
            List("entitlements", build.Entitlements.Select(each => each.Name));
        }

        private static string Context(NamedContext context) => context switch
        {
            SiblingContext sibling => "target:" + NameOf(sibling.Name),
            ImageContext image => "docker-image://" + image.Reference,
            RemoteContext remote => remote.Address,
            FolderContext folder => folder.Folder,
            LayoutContext layout => $"oci-layout://{layout.Folder}{(layout.Tag is null ? "" : ":" + layout.Tag)}{(layout.Digest is null ? "" : "@" + layout.Digest)}",
            _ => throw new ArgumentOutOfRangeException(nameof(context)),
        };

        private static string Form(Component component) => string.Concat(
            component.Layers is { } layers ? $",compression={layers.Own.Name.Replace("-", ",compression-level=", StringComparison.Ordinal)}{(layers.BasesToo ? ",force-compression=true" : "")}" : "",
            component.DockerFormat ? ",oci-mediatypes=false" : "");

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

        private void Text(string name, string? value)
        {
            if (value is not null)
                json.WriteString(name, Escaped(value));
        }

        private void List(string name, IEnumerable<string> values)
        {
            if (values.Any())
                Texts(json, name, values);
        }

        private void Map(string name, ImmutableSortedDictionary<string, string> values)
        {
            if (values.IsEmpty)
                return;
            json.WriteStartObject(name);
            foreach (var (key, value) in values)
                json.WriteString(Escaped(key), Escaped(value));
            json.WriteEndObject();
        }
    }
}
