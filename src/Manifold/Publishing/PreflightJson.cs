using System.Text.Json;

namespace Manifold.Publishing;

/// <summary>A preflight as members of a plan's JSON: <c>repositories</c> and <c>targets</c>. What a registry does not tell is null.</summary>
public static class PreflightJson
{
    public static void Write(Utf8JsonWriter json, Preflight? preflight)
    {
        json.WriteStartArray("repositories");
        foreach (var repository in preflight?.Repositories ?? [])
        {
            json.WriteStartObject();
            json.WriteString("name", repository.Name);
            json.WriteBoolean("mayPush", repository.Problem is null);
            WriteAnswer(json, "exists", repository.Exists);
            WriteAnswer(json, "acceptsIndex", repository.AcceptsIndex);
            WriteAnswer(json, "acceptsZstd", repository.AcceptsZstd);
            WriteAnswer(json, "hasReferrersApi", repository.HasReferrersApi);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("targets");
        foreach (var target in preflight?.Tags ?? [])
        {
            json.WriteStartObject();
            json.WriteString("tag", target.Tag.ToString());
            if (target.Platform is { } platform)
                json.WriteString("platform", platform.ToString());
            if (target.Now is { } now)
            {
                json.WriteString("digest", now.Digest.ToString());
                WriteAll(json, "platforms", now.Platforms);
            }
            WriteAll(json, "loses", target.Losing);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteAnswer(Utf8JsonWriter json, string name, bool? answer)
    {
        if (answer is { } told)
            json.WriteBoolean(name, told);
        else
            json.WriteNull(name);
    }

    private static void WriteAll<T>(Utf8JsonWriter json, string name, IEnumerable<T> values) where T : notnull
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value.ToString());
        json.WriteEndArray();
    }
}
