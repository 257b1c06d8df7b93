using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Verification.Parity;

namespace Manifold.Reporting;

/// <summary>A parity report for programs. Values stand in the order of the platforms; null is "not there".</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ParityReport))]
internal sealed partial class ParityJson : JsonSerializerContext
{
    public static string Write(ParityReport report) => JsonSerializer.Serialize(report, Default.ParityReport);
}
