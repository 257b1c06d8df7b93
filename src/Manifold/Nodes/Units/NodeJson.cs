using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Manifold.Building.Recording;
using Manifold.Oci;

namespace Manifold.Nodes.Units;

/// <summary>The JSON that a caller and a node exchange. Both are the same version of the program.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    Converters = [typeof(PlatformJsonConverter)])]
[JsonSerializable(typeof(UnitOffer))]
[JsonSerializable(typeof(NodeMessage))]
[JsonSerializable(typeof(NodeQuestion))]
[JsonSerializable(typeof(NodeFacts))]
[JsonSerializable(typeof(ImmutableArray<Digest>))]
internal sealed partial class NodeJson : JsonSerializerContext;
