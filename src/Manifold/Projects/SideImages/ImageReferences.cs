using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Hcl.Json;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.SideImages;

/// <summary>One component of a release: its image, and the source that it was built from.</summary>
internal sealed record ReleaseComponent(string Name, string? Image, string? Repository, string? Commit, Place Place);

/// <summary>The ImageStream that a release carries, in JSON or YAML: <c>oc adm release extract --file=image-references</c>.</summary>
/// <remarks>
/// Read are <c>metadata.name</c> and of <c>spec.tags[]</c> name, <c>from.name</c> and two annotations;
/// the rest is the release's own business.
/// </remarks>
internal sealed record ImageReferences(string FileName, string? Version, ImmutableArray<ReleaseComponent> Components)
{
    private const string SourceLocation = "io.openshift.build.source-location";
    private const string CommitId = "io.openshift.build.commit.id";

    public ReleaseComponent? Find(string name) => Components.FirstOrDefault(component => component.Name == name);

    /// <summary>What is wrong with the file is added to the faults, and null returned where nothing can be made of it.</summary>
    public static ImageReferences? Read(LocatedText text, ProjectFaults faults)
    {
        if ((text.Text.TrimStart().StartsWith('{') ? FromJson(text, faults) : FromYaml(text, faults)) is not { } document)
            return null;
        if (At(document, "spec", "tags") is not YamlList tags)
        {
            faults.Add(text, document.Place, "this is not an ImageStream: it has no list spec.tags",
                "Get one with: oc adm release extract RELEASE --file=image-references");
            return null;
        }
        var components = ImmutableArray.CreateBuilder<ReleaseComponent>();
        foreach (var tag in tags.Items)
        {
            if (Text(tag, "name") is { } name)
                components.Add(new ReleaseComponent(name,
                    Text(tag, "from", "name"), Text(tag, "annotations", SourceLocation), Text(tag, "annotations", CommitId), tag.Place));
            else
                faults.Add(text, tag.Place, "an entry of spec.tags has no name");
        }
        return new ImageReferences(text.FileName, Text(document, "metadata", "name"), components.ToImmutable());
    }

    private static YamlNode? FromYaml(LocatedText text, ProjectFaults faults)
    {
        var found = new FileFaults(text.Source);
        var document = YamlComposer.Compose(found);
        try
        {
            found.ThrowIfAny();
        }
        catch (ProjectFileException e)
        {
            faults.Add(e);
            return null;
        }
        if (document is null)
            faults.Add(text, text.Source.PlaceOf(0, 0, 1), "the file is empty");
        return document;
    }

    /// <summary>Not all JSON is YAML to every reader: tabs.</summary>
    private static YamlNode? FromJson(LocatedText text, ProjectFaults faults)
    {
        try
        {
            return Node(text, JsonReader.Read(text.Text));
        }
        catch (JsonSyntaxException e)
        {
            faults.Add(text, text.PlaceOf(e.Offset, 1), e.Message);
            return null;
        }
    }

    private static YamlNode Node(LocatedText text, JsonValue value)
    {
        var place = text.PlaceOf(value.Start, 1);
        return value switch
        {
            JsonString literal => new YamlScalar(literal.Value, false, place),
            JsonList list => new YamlList([.. list.Items.Select(item => Node(text, item))], place),
            JsonMap map => new YamlMap(
                [.. map.Members.Select(member => new YamlEntry(new YamlScalar(member.Name.Value, false, place), Node(text, member.Value)))],
                place),
            _ => new YamlScalar("", true, place),
        };
    }

    private static YamlNode? At(YamlNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            node = (node as YamlMap)?.Find(name)?.Value;
        return node;
    }

    private static string? Text(YamlNode? node, params ReadOnlySpan<string> path) =>
        At(node, path) is YamlScalar { IsNull: false, Text: { Length: > 0 } text } ? text : null;
}
