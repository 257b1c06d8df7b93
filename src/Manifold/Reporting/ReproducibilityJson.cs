using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Building.Recording;
using Manifold.Verification.Reproducibility;

namespace Manifold.Reporting;

/// <summary>What came of building twice, for programs and for the report.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true, UseStringEnumConverter = true, Converters = [typeof(PlatformJsonConverter)])]
[JsonSerializable(typeof(ReproducibilityReport))]
internal sealed partial class ReproducibilityJson : JsonSerializerContext
{
    public static string Write(ReproducibilityReport report) => JsonSerializer.Serialize(report, Default.ReproducibilityReport);
}
