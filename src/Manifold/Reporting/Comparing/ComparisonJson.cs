using System.Text.Json;
using System.Text.Json.Serialization;

namespace Manifold.Reporting.Comparing;

/// <summary>What <c>manifold compare --json</c> prints: all differences, none left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(ImageComparison))]
[JsonSerializable(typeof(BuildComparison))]
internal sealed partial class ComparisonJson : JsonSerializerContext
{
    public static string Write(ImageComparison comparison) => JsonSerializer.Serialize(comparison, Default.ImageComparison);

    public static string Write(BuildComparison comparison) => JsonSerializer.Serialize(comparison, Default.BuildComparison);
}
