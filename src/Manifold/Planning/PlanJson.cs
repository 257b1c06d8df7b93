using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Manifold.Planning;

/// <summary>A plan as JSON: the bases, the steps, each after those that it needs, and each platform's image.</summary>
/// <remarks>Steps name each other by digest. Proxy settings and the values of secrets are not in it; their names are.</remarks>
public static class PlanJson
{
    /// <param name="more">Writes further members, for a caller that knows more than the plan.</param>
    public static string Write(BuildPlan plan, Action<Utf8JsonWriter>? more = null)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("dockerfile", plan.Dockerfile);
            json.WriteNumber("fileTime", plan.FileTime);
            json.WriteStartArray("bases");
            foreach (var image in plan.Bases)
                WriteBase(json, image);
            json.WriteEndArray();
            json.WriteStartArray("steps");
            foreach (var step in plan.Steps)
                WriteStep(json, step);
            json.WriteEndArray();
            json.WriteStartArray("images");
            foreach (var image in plan.Images)
                WriteImage(json, image);
            json.WriteEndArray();
            more?.Invoke(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteBase(Utf8JsonWriter json, BaseImage image)
    {
        json.WriteStartObject();
        json.WriteString("image", image.FoundAs.ToString());
        json.WriteString("platform", image.Platform.ToString());
        json.WriteString("digest", image.Descriptor.Digest.ToString());
        json.WriteNumber("bytes", image.CompressedBytes);
        json.WriteString("from", image.From);
        json.WriteEndObject();
    }

    private static void WriteStep(Utf8JsonWriter json, Step step)
    {
        json.WriteStartObject();
        json.WriteString("digest", step.Digest.ToString());
        json.WriteString("kind", step switch { BaseStep => "base", RunStep => "run", CopyStep => "copy", _ => "workdir" });
        json.WriteString("name", step.Name);
        json.WriteString("platform", step.Platform.ToString());
        json.WriteNumber("line", step.Line);
        if (step.Parent is { } parent)
            json.WriteString("parent", parent.Digest.ToString());
        WriteMembers(json, step);
        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, Step step)
    {
        switch (step)
        {
            case BaseStep { Image: { } image }:
                json.WriteString("image", image.FoundAs.ToString());
                json.WriteString("manifest", image.Descriptor.Digest.ToString());
                break;
            case WorkdirStep workdir:
                json.WriteString("path", workdir.Path);
                json.WriteString("owner", workdir.Owner);
                break;
            case CopyStep copy:
                if (copy.From is { } from)
                    json.WriteString("from", from.Digest.ToString());
                WriteAll(json, "sources", copy.Sources.Concat(copy.Remotes.Select(remote => remote.Name)).Concat(copy.InlineFiles.Select(file => file.Name)));
                json.WriteString("destination", copy.Destination);
                if (copy.Chown is { } owner)
                    json.WriteString("chown", owner);
                if (copy.Chmod is { } mode)
                    json.WriteString("chmod", mode.Text);
                if (copy.Link)
                    json.WriteBoolean("link", true);
                if (copy.Parents)
                    json.WriteBoolean("parents", true);
                if (!copy.Exclude.IsEmpty)
                    WriteAll(json, "exclude", copy.Exclude);
                json.WriteBoolean("unpackArchives", copy.UnpackArchives);
                break;
            case RunStep run:
                WriteAll(json, "arguments", run.Arguments);
                WriteAll(json, "environment", run.Environment);
                json.WriteString("workingDirectory", run.WorkingDirectory);
                json.WriteString("user", run.User);
                json.WriteString("network", run.Network.ToString().ToLowerInvariant());
                json.WriteString("security", run.Security.ToString().ToLowerInvariant());
                WriteAll(json, "mounts", run.Mounts.Select(mount => mount.Definition.Text));
                break;
        }
    }

    private static void WriteImage(Utf8JsonWriter json, ImagePlan image)
    {
        json.WriteStartObject();
        json.WriteString("platform", image.Platform.ToString());
        json.WriteString("step", image.Last.Digest.ToString());
        json.WritePropertyName("config");
        json.WriteRawValue(image.Config.ToJson());
        WriteAll(json, "history", image.History.Select(entry => entry.CreatedBy));
        json.WriteEndObject();
    }

    private static void WriteAll(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
