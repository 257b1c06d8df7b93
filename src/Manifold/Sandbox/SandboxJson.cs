using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Sandbox;

/// <summary>What the trials of the runtimes gave, and for which programs and which start of the machine.</summary>
internal sealed record RuntimeTrials
{
    public required string Key { get; init; }
    public required ImmutableArray<OciRuntime> Runtimes { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RuntimeTrials))]
[JsonSerializable(typeof(NetworkTrial))]
[JsonSerializable(typeof(EmulatorTrial))]
[JsonSerializable(typeof(ImmutableArray<HostCheck>))]
internal sealed partial class SandboxJson : JsonSerializerContext;
