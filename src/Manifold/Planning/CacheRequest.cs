using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>Where a build takes results of other builds from, and where it leaves its own.</summary>
internal sealed record CacheRequest
{
    public static CacheRequest None { get; } = new();

    public ImmutableArray<CachePlace> From { get; init; } = [];
    public ImmutableArray<CacheTarget> To { get; init; } = [];

    /// <summary>The image itself says which steps made it, so that it serves as a cache.</summary>
    public bool Inline { get; init; }

    /// <summary>Whether this is the cache of a service that is not spoken with here: GitHub Actions, S3, Azure.</summary>
    public static bool IsElsewhere(string text) => CacheFields.IsElsewhere(text);

    /// <exception cref="UsageException">One of them is wrong; the message says what would be right.</exception>
    public static CacheRequest Parse(IEnumerable<string> from, IEnumerable<string> to)
    {
        var targets = to.Select(text => CacheFields.ReadTarget(text)).ToList();
        return new CacheRequest
        {
            From = [.. from.Select(CacheFields.ReadSource).OfType<CachePlace>().Distinct()],
            To = [.. targets.OfType<CacheTarget>()],
            Inline = targets.Contains(null),
        };
    }
}

/// <summary>Where a cache lies: under a name in a registry, or in a folder.</summary>
/// <param name="Text">As it was written, for messages.</param>
internal sealed record CachePlace(string Text)
{
    /// <summary>The name in a registry; null for a folder.</summary>
    public ImageReference? Reference { get; init; }

    /// <summary>An OCI layout; null for a registry.</summary>
    public string? Folder { get; init; }

    /// <summary>Which of the layout's entries.</summary>
    public string Tag { get; init; } = "latest";
}

/// <summary>A cache that is written.</summary>
/// <param name="All">Every step of the build (mode=max), not those alone whose layers the image has (mode=min).</param>
/// <param name="IgnoreErrors">A cache that cannot be written is told, and fails nothing.</param>
/// <param name="Layers">The form of its blobs; null takes the image's.</param>
internal sealed record CacheTarget(CachePlace Place, bool All, bool IgnoreErrors, LayerPolicy? Layers);

/// <summary>Reads <c>--cache-from</c> and <c>--cache-to</c>.</summary>
/// <remarks>Source: docker buildx build, "Cache storage backends" (registry, local, inline).</remarks>
internal static class CacheFields
{
    private static readonly string[] Types = ["registry", "local", "inline"];
    private static readonly string[] Elsewhere = ["gha", "s3", "azblob"];

    public static bool IsElsewhere(string text) =>
        text.Split(',').Any(field => Elsewhere.Contains(field.Trim().Replace("type=", "", StringComparison.Ordinal)));

    /// <summary>Null for what needs no source of its own.</summary>
    public static CachePlace? ReadSource(string text)
    {
        const string flag = "--cache-from";
        var fields = Fields(flag, text);
        switch (TypeOf(fields, flag))
        {
            case "registry":
                fields.RequireKnown(["type", "ref"]);
                return InRegistry(fields);
            case "local":
                fields.RequireKnown(["type", "src", "tag", "digest"]);
                if (fields["digest"] is not null)
                    throw fields.Wrong("a cache is selected by tag. Remove the digest.");
                return InFolder(fields, fields.Required("src", "type=local,src=FOLDER"));
            default:
                throw fields.Wrong("an inline cache is read from its image. Write: type=registry,ref=IMAGE");
        }
    }

    /// <summary>Null for type=inline.</summary>
    public static CacheTarget? ReadTarget(string text)
    {
        const string flag = "--cache-to";
        var fields = Fields(flag, text);
        string[] common =
            ["type", "mode", "ignore-error", "compression", "compression-level", "force-compression", "oci-mediatypes", "image-manifest"];
        switch (TypeOf(fields, flag))
        {
            case "registry":
                fields.RequireKnown([.. common, "ref"]);
                return Target(fields, InRegistry(fields));
            case "local":
                fields.RequireKnown([.. common, "dest", "tag"]);
                return Target(fields, InFolder(fields, fields.Required("dest", "type=local,dest=FOLDER")));
            default:
                fields.RequireKnown(["type", "mode"]);
                return null;
        }
    }

    private static FlagFields Fields(string flag, string text) =>
        FlagFields.Parse(flag,
            text.Contains('=', StringComparison.Ordinal)
                || text.Contains(',', StringComparison.Ordinal)
                || Types.Contains(text)
                || Elsewhere.Contains(text)
                ? text
                : $"type=registry,ref={text}");

    private static string TypeOf(FlagFields fields, string flag)
    {
        var type = fields["type"] ?? fields.Keys.Single();
        if (Elsewhere.Contains(type))
            throw fields.Wrong($"the cache of {Named(type)} is not supported. Use {flag} type=registry,ref=REPOSITORY:cache, "
                + $"or {flag} type=local,{(flag == "--cache-to" ? "dest" : "src")}=FOLDER with the folder cache of your CI.");
        if (!Types.Contains(type))
            throw fields.Wrong($"unknown type '{type}'. {Suggestion.For(type, Types) ?? $"Valid types: {string.Join(", ", Types)}."}");
        return type;
    }

    private static string Named(string type) => type switch { "gha" => "GitHub Actions", "s3" => "Amazon S3", _ => "Azure" };

    private static CachePlace InRegistry(FlagFields fields)
    {
        var text = fields.Required("ref", "type=registry,ref=REGISTRY/REPOSITORY:TAG");
        if (!ImageReference.TryParse(text, out var reference))
            throw fields.Wrong($"'{text}' is not an image reference. Expected [registry/]repository[:tag], in lower case.");
        return new CachePlace(text) { Reference = reference };
    }

    private static CachePlace InFolder(FlagFields fields, string folder) =>
        new(folder) { Folder = Path.GetFullPath(folder), Tag = fields["tag"] is { Length: > 0 } tag ? tag : "latest" };

    private static CacheTarget Target(FlagFields fields, CachePlace place)
    {
        var mode = fields["mode"] ?? "min";
        if (mode is not ("min" or "max"))
            throw fields.Wrong($"mode={mode}: expected min (only the layers of the image) or max (every step).");
        if (place.Reference?.Digest is not null)
            throw fields.Wrong("a cache cannot be written to a digest. Use a tag.");
        try
        {
            var (compression, level) = (fields["compression"], fields["compression-level"]);
            LayerPolicy? layers = compression is null && level is null ? null : new LayerPolicy(
                LayerForm.Of(compression is null ? LayerForm.Default.Compression : LayerForm.ParseCompression(compression), level));
            return new CacheTarget(place, mode == "max", fields.Switch("ignore-error") is true, layers);
        }
        catch (FormatException e)
        {
            throw fields.Wrong(e.Message);
        }
    }
}
