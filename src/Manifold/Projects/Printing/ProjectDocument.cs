using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Manifold.Planning;
using Manifold.Verification;

namespace Manifold.Projects.Printing;

/// <summary>Writes a project in the keys of manifold.yaml, everything spelled out.</summary>
/// <remarks>Paths start from the project's folder, so that what is printed reads back to the same project there.</remarks>
/// <param name="workingFolder">What paths of Dockerfiles start from.</param>
internal sealed class ProjectDocument(Project project, string workingFolder)
{
    public JsonObject Write()
    {
        var images = new JsonObject();
        foreach (var component in project.Components)
            images[component.Name] = Image(component);
        var document = new JsonObject { ["images"] = images };
        Add(document, "groups", Groups());
        if (project.Rollout is { } rollout)
            document["rollout"] = rollout.Namespace is null ? new JsonObject { ["deployment"] = rollout.Deployment }
                : new JsonObject { ["deployment"] = rollout.Deployment, ["namespace"] = rollout.Namespace };
        if (project.Push && !project.Components.Any(component => component.IsPushed))
            document["push"] = true;
        AddNodes(document);
        return document;
    }

    private void AddNodes(JsonObject document)
    {
        Add(document, "nodes", new JsonObject(project.Nodes.Nodes.Select(node => KeyValuePair.Create(node.Name, (JsonNode?)Node(node)))));
        if (project.Nodes.On is { } on)
            document["on"] = Texts(on.Select(each => each.Text));
        if (project.Nodes.Emulation is { } emulation)
            document["emulation"] = emulation;
    }

    private static JsonNode Node(NodeSettings node)
    {
        if (node is { Jobs: null, Folder: null })
            return node.Address;
        var written = new JsonObject { ["address"] = node.Address };
        if (node.Jobs is { } jobs)
            written["jobs"] = jobs.ToString(CultureInfo.InvariantCulture);
        if (node.Folder is { } folder)
            written["folder"] = folder;
        return written;
    }

    /// <summary>A group may not be called as an image is: such a name is the image's.</summary>
    private JsonObject Groups()
    {
        var groups = project.Groups;
        if (!project.Default.IsEmpty)
            groups = groups.SetItem("default", project.Default);
        return new JsonObject(groups.Where(group => project.Find(group.Key) is null)
            .Select(group => KeyValuePair.Create(group.Key, (JsonNode?)Texts(group.Value))));
    }

    private JsonObject Image(Component component)
    {
        var image = new JsonObject();
        var builds = component.Platforms.Select(platform => platform.Source).OfType<BuildSource>()
            .Select(new BuildDocument(project.Folder, workingFolder).Write).ToList();
        var common = builds.Count == 0
            ? []
            : builds[0].Where(pair => builds.TrueForAll(build => JsonNode.DeepEquals(build[pair.Key], pair.Value))).Select(pair => pair.Key)
                .ToHashSet(StringComparer.Ordinal);
        foreach (var key in common)
            image[key] = builds[0][key]?.DeepClone();
        image["platforms"] = Platforms(component, common);
        image["tags"] = Texts(component.Tags.Select(tag => tag.ToString()).Concat(component.UnreadableTags));
        if (component.Aliases.IsEmpty)
            image["aliases"] = new JsonArray();
        else
            Add(image, "aliases", Texts(component.Aliases.Where(alias => alias != component.Name)));
        Add(image, "labels", Table(component.Labels));
        Add(image, "annotations", Annotations(component.Annotations));
        Add(image, "before", new JsonArray([.. component.Before.Select(Hook)]));
        Add(image, "verify", Verification(component.Verification));
        if (!component.Publish)
            image["publish"] = false;
        if (component.PlatformTags)
            image["platform-tags"] = true;
        if (component.WithoutIndex)
            image["index"] = "never";
        if (component.Created is { } created)
            image["created"] = created.ToString();
        Add(image, "attest", Texts(component.Attested));
        Add(image, "output", Texts(component.Outputs));
        return image;
    }

    /// <summary>A list where nothing differs; else a map of what does.</summary>
    private JsonNode Platforms(Component component, IReadOnlySet<string> common)
    {
        var platforms = new JsonObject();
        foreach (var platform in component.Platforms)
            platforms[platform.Platform.ToString()] = Platform(platform, common);
        return platforms.All(each => each.Value!.AsObject().Count == 0) ? Texts(platforms.Select(each => each.Key)) : platforms;
    }

    private JsonObject Platform(ComponentPlatform platform, IReadOnlySet<string> common)
    {
        var written = platform.Source is BuildSource build
            ? new BuildDocument(project.Folder, workingFolder).Write(build)
            : new JsonObject { ["source"] = Source((ImageSource)platform.Source) };
        foreach (var key in common)
            written.Remove(key);
        if (platform.Optional)
            written["optional"] = true;
        return written;
    }

    private string Source(ImageSource source)
    {
        var location = Images.ImageLocation.Parse(source.Location);
        if (location.Path is null)
            return location.Transport == Images.Transport.Store || source.Location.StartsWith("docker://", StringComparison.Ordinal)
                ? source.Location
                : "image:" + source.Location;
        var start = source.Location.IndexOf(':', StringComparison.Ordinal) + 1;
        return source.Location[..start] + RelativePath.From(project.Folder, location.Path)
            + source.Location[(start + location.Path.Length)..];
    }

    private JsonNode Hook(Hook hook)
    {
        var written = new JsonObject { ["run"] = hook.Command is ["sh", "-c", var line] ? line : Texts(hook.Command) };
        Add(written, "inputs", Texts(hook.Inputs));
        Add(written, "outputs", Texts(hook.Outputs));
        Add(written, "environment", Table(hook.Environment));
        written["folder"] = RelativePath.From(project.Folder, hook.Folder);
        if (hook.Platform is { } platform)
            written["platform"] = platform.ToString();
        return written;
    }

    private static JsonObject Verification(ComponentVerification verification)
    {
        var written = new JsonObject();
        if (verification.Policy.Mode != GateMode.On)
            written["mode"] = verification.Policy.Mode.ToString().ToLowerInvariant();
        if (verification.Run is { } run)
            written["run"] = Texts(run);
        if (verification.Timeout != new ComponentVerification().Timeout)
            written["timeout"] = verification.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        Add(written, "allow", Texts(verification.Policy.Allow));
        return written;
    }

    private static JsonObject Annotations(ImmutableArray<Annotation> annotations)
    {
        var written = new JsonObject();
        foreach (var (place, platform, key, value) in annotations)
        {
            var name = place switch
            {
                AnnotationPlace.ManifestDescriptor => "manifest-descriptor",
                AnnotationPlace.IndexDescriptor => "index-descriptor",
                _ => place.ToString().ToLowerInvariant(),
            };
            written[$"{name}{(platform is null ? "" : $"[{platform}]")}:{key}"] = value;
        }
        return written;
    }

    internal static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    internal static JsonObject Table(ImmutableSortedDictionary<string, string> table) =>
        new(table.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    /// <summary>Leaves out what is empty.</summary>
    internal static void Add(JsonObject to, string key, JsonNode value)
    {
        if (value is JsonArray { Count: > 0 } or JsonObject { Count: > 0 })
            to[key] = value;
    }
}
