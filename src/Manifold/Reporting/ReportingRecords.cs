using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Manifold.Dockerfile;
using Manifold.Planning.Advising;

namespace Manifold.Reporting;

/// <summary>A line of a build's progress for programs. Each event has some of the members, in this order.</summary>
internal sealed record ProgressLine
{
    public required string Event { get; init; }
    public required DateTimeOffset Time { get; init; }
    public string? Component { get; init; }
    public int? Steps { get; init; }
    public int? Platforms { get; init; }
    public int? Errors { get; init; }
    public int? Warnings { get; init; }
    public string? Step { get; init; }
    public string? Kind { get; init; }
    public string? Platform { get; init; }
    public string? Digest { get; init; }
    public int? Line { get; init; }
    public string? Where { get; init; }
    public long? Done { get; init; }
    public long? Total { get; init; }
    public long? Bytes { get; init; }
    public string? Name { get; init; }
    public string? Stage { get; init; }
    public string? Stream { get; init; }
    public string? Text { get; init; }
    public double? Seconds { get; init; }
    public bool? Cached { get; init; }
    public bool? Emulated { get; init; }
    public string? Message { get; init; }
    public FindingRecord? Finding { get; init; }
    public string? Node { get; init; }
    public string? NodePlatform { get; init; }
    public string? Why { get; init; }
    public long? SentBytes { get; init; }
    public long? ReceivedBytes { get; init; }
    public double? WaitedSeconds { get; init; }
    public double? MovedSeconds { get; init; }
    public string? Lost { get; init; }
}

/// <summary>A finding of a build check: a line by itself, or a part of one.</summary>
internal sealed record FindingRecord
{
    public string? Event { get; init; }
    public string? Component { get; init; }
    public required string Rule { get; init; }
    public required string Severity { get; init; }
    public required string File { get; init; }
    public required int Line { get; init; }
    public required int Column { get; init; }
    public required int Length { get; init; }
    public required string Message { get; init; }
    public string? Hint { get; init; }
    public required string Excerpt { get; init; }
    public string? Page { get; init; }

    public static FindingRecord Of(Diagnostic finding) => new()
    {
        Rule = finding.Id,
        Severity = finding.Severity == Dockerfile.Severity.Error ? "error" : "warning",
        File = finding.Place.File,
        Line = finding.Place.Line,
        Column = finding.Place.Column,
        Length = finding.Place.Length,
        Message = finding.Message,
        Hint = finding.Hint,
        Excerpt = finding.Excerpt,
        Page = Rules.Find(finding.Id)?.Page,
    };
}

/// <summary>Something that could not be checked.</summary>
internal sealed record UncheckedRecord(string Event, string? Component, string Message);

/// <summary>The numbers of findings.</summary>
internal sealed record CountRecord(string Event, int Errors, int Warnings);

/// <summary>Advice: a line by itself, or a part of a plan.</summary>
internal sealed record AdviceRecord
{
    public string? Event { get; init; }
    public required string Kind { get; init; }
    public string? Component { get; init; }
    public required string Message { get; init; }
    public required ImmutableArray<string> Lines { get; init; }
    public required string Page { get; init; }

    public static AdviceRecord Of(BuildAdvice advice) => new()
    {
        Kind = advice.Id,
        Component = advice.Component.Length > 0 ? advice.Component : null,
        Message = advice.Message,
        Lines = advice.Lines,
        Page = advice.Page,
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(FindingRecord))]
[JsonSerializable(typeof(UncheckedRecord))]
[JsonSerializable(typeof(CountRecord))]
[JsonSerializable(typeof(AdviceRecord))]
[JsonSerializable(typeof(IEnumerable<AdviceRecord>))]
internal sealed partial class ReportingJson : JsonSerializerContext
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the record on one line, without the line's end.</summary>
    public static string Line<T>(T value, JsonTypeInfo<T> type)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
            JsonSerializer.Serialize(json, value, type);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
