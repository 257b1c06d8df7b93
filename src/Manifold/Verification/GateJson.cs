using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Verification.Findings;
using Manifold.Verification.Starting;

namespace Manifold.Verification;

/// <summary>
/// A report as a JSON document for programs: members in camel case, absent where they say nothing; the ids do not change.
/// </summary>
internal static class GateJson
{
    public static string Write(GateReport report, string image) => JsonSerializer.Serialize(new Document
    {
        Image = image,
        Digest = report.Digest.ToString(),
        Errors = report.Count(FindingSeverity.Error),
        Warnings = report.Count(FindingSeverity.Warning),
        Platforms = [.. report.Platforms.Select(platform => new PlatformPart
        {
            Platform = platform.Platform.ToString(),
            Manifest = platform.Manifest.ToString(),
            Verdict = platform.Worst?.ToString().ToLowerInvariant() ?? "ok",
            LayerCount = platform.LayerCount,
            LayersRead = platform.LayersRead,
            ForeignFilesExpected = platform.ForeignFilesExpected,
            Command = [.. platform.Command],
            Start = [.. platform.Start],
            Findings = [.. platform.Findings.Select(Part)],
            Run = platform.Run is { } run ? new RunPart
            {
                Command = [.. run.Command],
                ExitCode = run.ExitCode,
                Emulated = run.Emulated,
                Seconds = run.Seconds,
                Lines = [.. run.Lines],
            } : null,
        })],
    }, GateJsonContext.Default.Document);

    private static FindingPart Part(Finding finding) => new()
    {
        Id = finding.Id,
        Severity = finding.Severity.ToString().ToLowerInvariant(),
        Message = finding.Message,
        Path = finding.Path,
        Others = finding.Others,
        Layer = finding.Layer is { } layer ? new LayerPart
        {
            Number = layer.Number,
            Count = layer.Count,
            Digest = layer.Digest.ToString(),
            Instruction = layer.Instruction,
            Line = layer.Line,
        } : null,
        Way = finding.Way.IsEmpty ? null : [.. finding.Way],
        Found = finding.Found,
        Wanted = finding.Wanted,
        Cause = finding.Cause,
    };

    internal sealed record Document
    {
        public required string Image { get; init; }
        public required string Digest { get; init; }
        public required int Errors { get; init; }
        public required int Warnings { get; init; }
        public required PlatformPart[] Platforms { get; init; }
    }

    internal sealed record PlatformPart
    {
        public required string Platform { get; init; }
        public required string Manifest { get; init; }
        public required string Verdict { get; init; }
        public required int LayerCount { get; init; }
        public required int LayersRead { get; init; }
        public required int ForeignFilesExpected { get; init; }
        public required string[] Command { get; init; }
        public required StartFile[] Start { get; init; }
        public required FindingPart[] Findings { get; init; }
        public RunPart? Run { get; init; }
    }

    internal sealed record RunPart
    {
        public required string[] Command { get; init; }
        public int? ExitCode { get; init; }
        public required bool Emulated { get; init; }
        public required double Seconds { get; init; }
        public required string[] Lines { get; init; }
    }

    internal sealed record FindingPart
    {
        public required string Id { get; init; }
        public required string Severity { get; init; }
        public required string Message { get; init; }
        public string? Path { get; init; }
        public int Others { get; init; }
        public LayerPart? Layer { get; init; }
        public string[]? Way { get; init; }
        public string? Found { get; init; }
        public string? Wanted { get; init; }
        public Cause? Cause { get; init; }
    }

    internal sealed record LayerPart
    {
        public required int Number { get; init; }
        public required int Count { get; init; }
        public required string Digest { get; init; }
        public string? Instruction { get; init; }
        public string? Line { get; init; }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(GateJson.Document))]
internal sealed partial class GateJsonContext : JsonSerializerContext;
