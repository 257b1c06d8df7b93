using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Manifold.Oci;

/// <summary>What an image is and how it runs.</summary>
/// <remarks>
/// Source: OCI image specification, "OCI Image Configuration"; <c>Healthcheck</c>, <c>Shell</c> and <c>OnBuild</c> are Docker's.
/// </remarks>
public sealed record ImageConfig
{
    public DateTimeOffset? Created { get; init; }
    public string? Author { get; init; }
    public required string Architecture { get; init; }
    public string? Variant { get; init; }
    public required string Os { get; init; }
    [JsonPropertyName("os.version")] public string? OsVersion { get; init; }
    [JsonPropertyName("os.features")] public ImmutableArray<string>? OsFeatures { get; init; }
    public ContainerConfig? Config { get; init; }

    /// <summary>
    /// Without layers where the document has none: some that tools write by hand do not, though the specification requires it.
    /// </summary>
    [AllowNull][JsonPropertyName("rootfs")] public RootFs RootFs { get; init => field = value ?? new(); } = new();
    public ImmutableArray<HistoryEntry>? History { get; init; }

    /// <summary>
    /// Which steps made the layers, for builds that take the image for a cache; readers of images pass it over, as they do BuildKit's
    /// <c>moby.buildkit.cache.v0</c>.
    /// </summary>
    [JsonPropertyName("io.manifold.cache.v1")] public string? InlineCache { get; init; }

    [JsonIgnore] public Platform Platform => Platform.Normalized(Os, Architecture, Variant);

    /// <exception cref="DocumentException">It is none, or breaks one of the <see cref="DocumentRules"/>.</exception>
    public static ImageConfig Parse(ReadOnlySpan<byte> json) =>
        DocumentRules.Checked(OciJson.Parse(json, OciJson.Default.ImageConfig, "image config"));

    public byte[] ToJson() => OciJson.Write(this, OciJson.Default.ImageConfig);
}

/// <summary>The execution parameters, the config's <c>config</c> member.</summary>
public sealed record ContainerConfig
{
    [JsonPropertyName("User")] public string? User { get; init; }
    [JsonPropertyName("ExposedPorts")] public ImmutableSortedDictionary<string, EmptyObject>? ExposedPorts { get; init; }
    [JsonPropertyName("Env")] public ImmutableArray<string>? Env { get; init; }
    [JsonPropertyName("Entrypoint")] public ImmutableArray<string>? Entrypoint { get; init; }
    [JsonPropertyName("Cmd")] public ImmutableArray<string>? Cmd { get; init; }
    [JsonPropertyName("Healthcheck")] public Healthcheck? Healthcheck { get; init; }
    [JsonPropertyName("ArgsEscaped")] public bool? ArgsEscaped { get; init; }
    [JsonPropertyName("Volumes")] public ImmutableSortedDictionary<string, EmptyObject>? Volumes { get; init; }
    [JsonPropertyName("WorkingDir")] public string? WorkingDir { get; init; }
    [JsonPropertyName("OnBuild")] public ImmutableArray<string>? OnBuild { get; init; }
    [JsonPropertyName("Labels")] public ImmutableSortedDictionary<string, string>? Labels { get; init; }
    [JsonPropertyName("StopSignal")] public string? StopSignal { get; init; }
    [JsonPropertyName("Shell")] public ImmutableArray<string>? Shell { get; init; }
}

/// <summary>Docker's health check. Durations are in nanoseconds, as in its config; a member that is null is inherited.</summary>
public sealed record Healthcheck
{
    [JsonPropertyName("Test")] public ImmutableArray<string>? Test { get; init; }
    [JsonPropertyName("Interval")] public long? Interval { get; init; }
    [JsonPropertyName("Timeout")] public long? Timeout { get; init; }
    [JsonPropertyName("StartPeriod")] public long? StartPeriod { get; init; }
    [JsonPropertyName("StartInterval")] public long? StartInterval { get; init; }
    [JsonPropertyName("Retries")] public int? Retries { get; init; }
}

/// <summary>The layers by the digests of their uncompressed tars, lowest first.</summary>
public sealed record RootFs
{
    public string Type { get; init; } = "layers";
    [JsonPropertyName("diff_ids")] public ImmutableArray<Digest> DiffIds { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>One step that made the image; an entry without a layer is <see cref="EmptyLayer"/>.</summary>
public sealed record HistoryEntry
{
    public DateTimeOffset? Created { get; init; }
    [JsonPropertyName("created_by")] public string? CreatedBy { get; init; }
    public string? Author { get; init; }
    public string? Comment { get; init; }
    [JsonPropertyName("empty_layer")] public bool? EmptyLayer { get; init; }
}

/// <summary>JSON's <c>{}</c>: the value of the sets that Go writes as maps.</summary>
public sealed record EmptyObject;
