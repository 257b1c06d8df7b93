using System.Text;
using System.Text.Json;
using Manifold.Oci;

namespace Manifold.Reporting;

/// <summary><c>--metadata-file</c>: the keys that buildx writes, so that scripts find what they look for.</summary>
public static class BuildMetadata
{
    /// <param name="record">The build's name, by which <c>manifold report</c> finds it.</param>
    public static string Write(BuildResult result, IReadOnlyCollection<ImageReference> tags, string record)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("buildx.build.ref", record);
            json.WritePropertyName("containerimage.descriptor");
            JsonSerializer.Serialize(json, result.Index, OciJson.Default.Descriptor);
            json.WriteString("containerimage.digest", result.Index.Digest.ToString());
            if (tags.Count > 0)
                json.WriteString("image.name", string.Join(',', tags));
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
