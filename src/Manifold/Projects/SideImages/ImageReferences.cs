using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Json;

namespace Manifold.Projects.SideImages;

/// <summary>One component of a release: its image, and the source that it was built from.</summary>
internal sealed record ReleaseComponent(string Name, string? Image, string? Repository, string? Commit, Place Place);

/// <summary>The ImageStream that a release carries: <c>oc adm release extract --file=image-references</c>.</summary>
/// <remarks>Read are <c>metadata.name</c> and of <c>spec.tags[]</c> name, <c>from.name</c> and two annotations; the rest is the release's own business.</remarks>
internal sealed record ImageReferences(string FileName, string? Version, ImmutableArray<ReleaseComponent> Components)
{
    private const string SourceLocation = "io.openshift.build.source-location";
    private const string CommitId = "io.openshift.build.commit.id";

    public ReleaseComponent? Find(string name) => Components.FirstOrDefault(component => component.Name == name);

    /// <summary>Reads a file that is JSON; what is wrong with it is added to the faults, and null returned where nothing can be made of it.</summary>
    public static ImageReferences? Read(ProjectText text, ProjectFaults faults)
    {
        try
        {
            return Read(text, JsonReader.Read(text.Text), faults);
        }
        catch (JsonSyntaxException e)
        {
            faults.Add(text, text.PlaceOf(e.Offset, 1), e.Message);
            return null;
        }
    }

    private static ImageReferences? Read(ProjectText text, JsonValue document, ProjectFaults faults)
    {
        if (At(document, "spec", "tags") is not JsonList tags)
        {
            faults.Add(text, text.PlaceOf(document.Start, 1), "this is no ImageStream: it has no list spec.tags", "Get one with: oc adm release extract RELEASE --file=image-references");
            return null;
        }
        var components = ImmutableArray.CreateBuilder<ReleaseComponent>();
        foreach (var tag in tags.Items)
        {
            var place = text.PlaceOf(tag.Start, 1);
            if (Text(tag, "name") is { } name)
                components.Add(new ReleaseComponent(name, Text(tag, "from", "name"), Text(tag, "annotations", SourceLocation), Text(tag, "annotations", CommitId), place));
            else
                faults.Add(text, place, "an entry of spec.tags has no name");
        }
        return new ImageReferences(text.FileName, Text(document, "metadata", "name"), components.ToImmutable());
    }

    private static JsonValue? At(JsonValue? value, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            value = (value as JsonMap)?[name];
        return value;
    }

    private static string? Text(JsonValue? value, params ReadOnlySpan<string> path) => At(value, path) is JsonString { Value: { Length: > 0 } text } ? text : null;
}
