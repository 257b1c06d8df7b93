using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Manifold.Building.Recording;

namespace Manifold.Building.Units;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    Converters = [typeof(PlatformJsonConverter)])]
[JsonSerializable(typeof(UnitRequest))]
[JsonSerializable(typeof(UnitResult))]
internal sealed partial class UnitJson : JsonSerializerContext
{
    internal static T Read<T>(string json, JsonTypeInfo<T> type, string what, Func<T, int> version) where T : class
    {
        T? unit;
        try
        {
            unit = JsonSerializer.Deserialize(json, type);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new FormatException($"it is not a {what} ({e.Message.Split(" Path:")[0].TrimEnd('.')}).", e);
        }
        if (unit is null || version(unit) < 1)
            throw new FormatException($"it is not a {what}.");
        if (version(unit) > Units.UnitRequest.CurrentVersion)
            throw new FormatException($"it is a {what} of version {version(unit)}, but this program reads version "
                + $"{Units.UnitRequest.CurrentVersion}. Use the newer program.");
        return unit;
    }
}
