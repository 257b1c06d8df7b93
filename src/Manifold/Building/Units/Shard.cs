using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Building.Recording;
using Manifold.Oci;

namespace Manifold.Building.Units;

/// <summary>Some platforms of an image, built and pushed on one machine, for <c>manifold merge</c> to join with others'.</summary>
/// <remarks>
/// Its JSON is a format: members are added, never renamed; what cannot be read by older versions gets a new <see cref="Version"/>.
/// </remarks>
internal sealed record Shard
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>What wrote it, for people.</summary>
    public required string Tool { get; init; }

    /// <summary>The tags that the whole image is for.</summary>
    public required ImmutableArray<string> Targets { get; init; }

    public required ImmutableArray<ShardImage> Images { get; init; }

    /// <summary>The index's annotations, as the build was asked for them.</summary>
    public ImmutableSortedDictionary<string, string>? Annotations { get; init; }

    /// <summary>What the images stand on.</summary>
    public ImmutableArray<ShardBase> Bases { get; init; } = [];

    /// <param name="index">The build's index: the platforms of this shard.</param>
    public static Shard Of(string tool, BuildResult built, ImageIndex index, ImmutableArray<ImageReference> targets) => new()
    {
        Tool = tool,
        Targets = [.. targets.Select(target => target.ToString())],
        Images = [.. index.Manifests.Zip(built.Images, (entry, image) => new ShardImage(
            image.Platform.ToString(), entry, Digest.Of(image.Config.ToJson()), [.. targets.Select(target => target.Name).Distinct()]))],
        Annotations = index.Annotations,
        Bases = [.. built.Plan.Bases.Select(image => new ShardBase(image.FoundAs.ToString(), image.Platform.ToString(),
            image.Descriptor.Digest))],
    };

    public byte[] ToJson()
    {
        // '+' stays itself: media types are read by people.
        var forPeople =
            new ShardJson(new JsonSerializerOptions(ShardJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        return [.. JsonSerializer.SerializeToUtf8Bytes(this, forPeople.Shard), (byte)'\n'];
    }

    /// <exception cref="FormatException">It is no shard, or a later version's.</exception>
    public static Shard Parse(ReadOnlySpan<byte> json)
    {
        Shard? shard;
        try
        {
            shard = JsonSerializer.Deserialize(json, ShardJson.Default.Shard);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new FormatException(
                $"it is not a shard; create one with 'manifold build --push --shard FILE' ({e.Message.Split(" Path:")[0].TrimEnd('.')}).",
                e);
        }
        if (shard is { Version: > CurrentVersion })
            throw new FormatException($"it is a shard of version {shard.Version}, written by '{shard.Tool}', but this program reads "
                + $"version {CurrentVersion}. Use the newer program.");
        if (shard is null or { Version: < 1 } || shard.Images.IsDefaultOrEmpty || shard.Targets.IsDefaultOrEmpty
            || shard.Targets.Any(target => !ImageReference.TryParse(target, out var name) || name.Tag is null)
            || shard.Images.Any(image => image is null || !Oci.Platform.TryParse(image.Platform, out _)
                || image.PushedTo.IsDefault || image.PushedTo.Any(name => name is null)))
            throw new FormatException("it is not a shard: expected targets with tags, and images with platforms.");
        return shard;
    }
}

/// <summary>One platform's image, where it is to be had.</summary>
/// <param name="Manifest">As the index will list it: with the platform, and annotations.</param>
/// <param name="PushedTo">Repositories that have it, with all its blobs.</param>
internal sealed record ShardImage(string Platform, Descriptor Manifest, Digest Config, ImmutableArray<string> PushedTo);

/// <summary>A base that the build resolved.</summary>
internal sealed record ShardBase(string Image, string Platform, Digest Digest);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Shard))]
internal sealed partial class ShardJson : JsonSerializerContext;
