using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Manifold.Dockerfile;

/// <summary>A tree as JSON, for people and tools: every instruction with its flags, arguments, heredocs and lines.</summary>
/// <remarks>
/// Deterministic. What was not written is left out. Mounts are objects once their variables have values, and text before.
/// </remarks>
internal static class DockerfileJson
{
    public static string Write(DockerfileTree tree)
    {
        using var buffer = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
            new TreeJson(json).Write(tree);
        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)) + "\n";
    }
}
