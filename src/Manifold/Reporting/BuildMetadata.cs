using System.Text;
using System.Text.Json;
using Manifold.Building;
using Manifold.Oci;

namespace Manifold.Reporting;

/// <summary><c>--metadata-file</c>: the keys that buildx writes, so that scripts find what they look for.</summary>
/// <remarks>Written by hand, because a project's members are the names of its components.</remarks>
internal static class BuildMetadata
{
    /// <param name="record">The build's name, by which <c>manifold report</c> finds it.</param>
    public static string Write(ComponentResult built, string record) => Write(json => WriteMembers(json, built, record));

    /// <summary>Of a project: an object for each image that was built, under its name.</summary>
    public static string Write(ProjectResult result, string record) => Write(json =>
    {
        foreach (var component in result.Components.Where(component => component.Result is not null))
        {
            json.WriteStartObject(component.Name);
            WriteMembers(json, component, record);
            json.WriteEndObject();
        }
    });

    private static void WriteMembers(Utf8JsonWriter json, ComponentResult built, string record)
    {
        var (result, tags) = (built.Named!, built.Component.Tags);
        json.WriteString("buildx.build.ref", record);
        // As buildx has it: only where there is one config to speak of.
        if (result.Images is [var only])
            json.WriteString("containerimage.config.digest", Digest.Of(only.Config.ToJson()).ToString());
        json.WritePropertyName("containerimage.descriptor");
        JsonSerializer.Serialize(json, result.Index, OciJson.Default.Descriptor);
        json.WriteString("containerimage.digest", result.Index.Digest.ToString());
        if (!tags.IsEmpty)
            json.WriteString("image.name", string.Join(',', tags));
    }

    private static string Write(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
