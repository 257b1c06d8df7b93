using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Manifold.Planning;

/// <summary>A plan as JSON: the bases, the steps, each after those that it needs, and each platform's image.</summary>
/// <remarks>
/// The outermost object is written by hand, because callers add members. Steps name each other by digest. Proxy settings and the values of
/// secrets are not in it; their names are.
/// </remarks>
internal static class PlanJson
{
    /// <param name="more">Writes further members, for a caller that knows more than the plan.</param>
    public static string Write(BuildPlan plan, Action<Utf8JsonWriter>? more = null)
    {
        using var buffer = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            json.WriteString("dockerfile", plan.Dockerfile);
            json.WriteNumber("fileTime", plan.FileTime);
            json.WritePropertyName("bases");
            JsonSerializer.Serialize(json, plan.Bases.Select(PlannedBase.Of), PlanRecordsJson.Default.IEnumerablePlannedBase);
            json.WritePropertyName("steps");
            JsonSerializer.Serialize(json, plan.Steps.Select(PlannedStep.Of), PlanRecordsJson.Default.IEnumerablePlannedStep);
            json.WriteStartArray("images");
            foreach (var image in plan.Images)
                WriteImage(json, image);
            json.WriteEndArray();
            more?.Invoke(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Written by hand, because a config appears as the bytes that its digest is of.</summary>
    private static void WriteImage(Utf8JsonWriter json, ImagePlan image)
    {
        json.WriteStartObject();
        json.WriteString("platform", image.Platform.ToString());
        json.WriteString("step", image.Last.Digest.ToString());
        json.WritePropertyName("config");
        json.WriteRawValue(image.Config.ToJson());
        json.WritePropertyName("history");
        JsonSerializer.Serialize(json, image.History.Select(entry => entry.CreatedBy), PlanRecordsJson.Default.IEnumerableString);
        json.WriteEndObject();
    }
}
