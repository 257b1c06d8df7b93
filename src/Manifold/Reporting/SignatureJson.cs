using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Verification.Signatures;

namespace Manifold.Reporting;

/// <summary>What <c>manifold verify --key --json</c> prints.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SignatureReport))]
internal sealed partial class SignatureJson : JsonSerializerContext
{
    public static string Write(SignatureReport report) => JsonSerializer.Serialize(report, Default.SignatureReport);
}
