using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Images.Outputs;

/// <summary>Reads one <c>--output</c>.</summary>
internal sealed class OutputReader(FlagFields fields)
{
    private const string Epoch = "source-date-epoch";

    private static readonly string[] Types = ["oci", "docker", "local", "tar", "registry", "image", "cacheonly"];
    private static readonly string[] OfLayers = ["compression", "compression-level", "force-compression", "oci-mediatypes", "name", Epoch];

    // Known to buildx, and decided otherwise here.
    private static readonly ImmutableDictionary<string, string> Decided = ImmutableDictionary.CreateRange(StringComparer.OrdinalIgnoreCase,
    [
        KeyValuePair.Create("store", "the store always has the image"),
        KeyValuePair.Create("unpack", "layers are unpacked when they are needed"),
        KeyValuePair.Create("name-canonical", "names and digests are both printed at the end"),
        KeyValuePair.Create("buildinfo", "use --provenance"),
        KeyValuePair.Create("attestation-inline", "attestations are stored next to the index"),
        KeyValuePair.Create("prefer-nondist-layers", "base layers keep their type"),
        KeyValuePair.Create("oci-artifact", "attestations are stored next to the index, as artifacts"),
        KeyValuePair.Create("dangling-name-prefix", "the store finds images without a name by their digest"),
    ]);

    public ImageOutput Read()
    {
        // buildx: a bare folder, or - for a tar on standard output.
        if (!fields.Text.Contains('=', StringComparison.Ordinal) && !fields.Text.Contains(',', StringComparison.Ordinal))
            return ReadShort();
        var type = fields.Required("type", "type=oci,dest=FILE.tar");
        return type switch
        {
            "oci" => ReadOci(),
            "docker" => ReadDocker(),
            "local" => ReadLocal(),
            "tar" => ReadTar(),
            "registry" or "image" => ReadImage(type == "registry"),
            "cacheonly" => new ImageOutput { Text = fields.Text, Kind = OutputKind.CacheOnly },
            _ => throw fields.Wrong($"unknown type '{type}'. "
                + $"{Suggestion.For(type, Types) ?? $"Expected one of: {string.Join(", ", Types)}."}"),
        };
    }

    private ImageOutput ReadShort() => fields.Text switch
    {
        "" => throw fields.Wrong("expected type=oci,dest=FILE.tar, or a folder for the image's files."),
        ImageOutput.StandardOutput =>
            new ImageOutput { Text = fields.Text, Kind = OutputKind.Tar, Destination = ImageOutput.StandardOutput },
        var folder => new ImageOutput
        {
            Text = fields.Text,
            Kind = OutputKind.Local,
            Destination = folder,
            IsFolder = true,
        },
    };

    private ImageOutput ReadOci()
    {
        fields.RequireKnown(["type", "dest", "tar", "rewrite-timestamp", .. OfLayers, .. Decided.Keys], "annotation");
        var destination = fields["dest"] is { Length: > 0 } given ? given : ImageOutput.StandardOutput;
        var isTar = fields.Switch("tar") ?? true;
        if (!isTar && destination == ImageOutput.StandardOutput)
            throw fields.Wrong("a folder cannot be written to standard output. Add dest=FOLDER, or remove tar=false.");
        return WithImage(new ImageOutput
        {
            Text = fields.Text,
            Kind = OutputKind.Oci,
            Destination = destination,
            IsFolder = !isTar,
        });
    }

    private ImageOutput ReadDocker()
    {
        fields.RequireKnown(["type", "dest", "tar", "context", "rewrite-timestamp", .. OfLayers, .. Decided.Keys], "annotation");
        if (fields.Switch("tar") is false)
            throw fields.Wrong("docker load cannot read a folder. Remove tar=false, or use type=oci,tar=false.");
        if (fields["context"] is { Length: > 0 } context)
            throw fields.Wrong(
                $"images are loaded into the engine that docker talks to. Choose another one with: docker context use {context}");
        return WithoutForm(WithImage(new ImageOutput
        {
            Text = fields.Text,
            Kind = OutputKind.Docker,
            Destination = fields["dest"] is { Length: > 0 } given ? given : null,
        }));
    }

    /// <summary>A Docker archive has plain layers and a list of its own.</summary>
    private static ImageOutput WithoutForm(ImageOutput docker) => docker.Layers is null && docker.Annotations.IsEmpty ? docker : docker with
    {
        Layers = null,
        Annotations = [],
        WithoutEffect =
        [
            .. docker.WithoutEffect, "compression and annotations: an archive for docker load has uncompressed layers and no annotations",
        ],
    };

    private ImageOutput ReadLocal()
    {
        fields.RequireKnown(["type", "dest", "platform-split", "attestation-prefix", Epoch]);
        var folder = fields.Required("dest", "type=local,dest=FOLDER");
        if (folder == ImageOutput.StandardOutput)
            throw fields.Wrong("files cannot be written to standard output. Choose a folder, or use type=tar,dest=-");
        return new ImageOutput
        {
            Text = fields.Text,
            Kind = OutputKind.Local,
            Destination = folder,
            IsFolder = true,
            SplitPlatforms = ReadSplit(),
            Epoch = ReadEpoch(),
            AttachmentPrefix = ReadPrefix(),
        };
    }

    private ImageOutput ReadTar()
    {
        fields.RequireKnown(["type", "dest", "platform-split", "attestation-prefix", Epoch]);
        return new ImageOutput
        {
            Text = fields.Text,
            Kind = OutputKind.Tar,
            Destination = fields["dest"] is { Length: > 0 } given ? given
                : ImageOutput.StandardOutput,
            SplitPlatforms = ReadSplit(),
            AttachmentPrefix = ReadPrefix(),
            Epoch = ReadEpoch(),
        };
    }

    /// <summary>The time that the image gets by its output; null where that is empty, which leaves it to the build.</summary>
    private long? ReadEpoch()
    {
        try
        {
            return BuildKitArguments.ReadEpoch(fields[Epoch]);
        }
        catch (UsageException e)
        {
            throw fields.Wrong(e.Message);
        }
    }

    private string ReadPrefix() => fields["attestation-prefix"] is { } prefix ? prefix.Contains('/', StringComparison.Ordinal)
        ? throw fields.Wrong("attestation-prefix is the start of a file name and cannot contain '/'.") : prefix : "";

    private bool ReadSplit() => fields.Switch("platform-split") switch
    {
        false => throw fields.Wrong("platform-split=false: the files of several platforms would overwrite each other. Remove it. "
            + "An image with one platform has no folder per platform anyway."),
        var split => split is true,
    };

    private ImageOutput ReadImage(bool isRegistry)
    {
        fields.RequireKnown(
            ["type", "push", "push-by-digest", "registry.insecure", "rewrite-timestamp", .. OfLayers, .. Decided.Keys], "annotation");
        if (fields.Switch("registry.insecure") is true)
            throw fields.Wrong("use --insecure-registry HOST instead.");
        var push = fields.Switch("push") ?? isRegistry;
        var byDigest = fields.Switch("push-by-digest") is true;
        if (byDigest && !push)
            throw fields.Wrong("push-by-digest=true needs push=true.");
        return WithImage(new ImageOutput
        {
            Text = fields.Text,
            Kind = OutputKind.Image,
            Push = push,
            ByDigest = byDigest,
        });
    }

    private ImageOutput WithImage(ImageOutput output)
    {
        try
        {
            var (layers, isDocker) = (ReadLayers(), fields.Switch("oci-mediatypes") is false);
            if (isDocker && layers?.Own.Compression == LayerCompression.Zstd)
                throw fields.Wrong("Docker's media types do not support zstd. Remove oci-mediatypes=false, or use compression=gzip.");
            return output with
            {
                Names = ReadNames(),
                Epoch = ReadEpoch(),
                Layers = layers,
                DockerFormat = isDocker,
                Annotations = [.. ReadAnnotations()],
                WithoutEffect =
                [
                    .. Decided.Where(key => fields[key.Key] is not null).Select(key => $"{key.Key}: {key.Value}")
                        .Order(StringComparer.Ordinal),
                    .. fields.Switch("rewrite-timestamp") is false
                        ? ["rewrite-timestamp=false: times are never later than SOURCE_DATE_EPOCH"]
                        : Array.Empty<string>(),
                ],
            };
        }
        catch (FormatException e)
        {
            throw fields.Wrong(e.Message);
        }
    }

    private ImmutableArray<ImageReference> ReadNames() =>
        [.. (fields["name"] ?? "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ImageReference.Parse).Distinct()];

    private LayerPolicy? ReadLayers()
    {
        var (compression, level, force) = (fields["compression"], fields["compression-level"], fields.Switch("force-compression") is true);
        if (compression is null && level is null && !force)
            return null;
        return new LayerPolicy(
            LayerForm.Of(compression is null ? LayerForm.Default.Compression : LayerForm.ParseCompression(compression), level), force);
    }

    /// <summary><c>annotation.K=V</c>, <c>annotation-index.K=V</c>, <c>annotation-manifest-descriptor[linux/arm64].K=V</c> …</summary>
    private IEnumerable<Annotation> ReadAnnotations()
    {
        foreach (var key in fields.Keys.Where(key => key.StartsWith("annotation", StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal))
        {
            var dot = key.IndexOf('.', StringComparison.Ordinal);
            var (place, name) = dot < 0 ? (key, "") : (key[..dot], key[(dot + 1)..]);
            if (name.Length == 0)
                throw fields.Wrong($"'{key}' is not an annotation. Use annotation.KEY=VALUE or annotation-index.KEY=VALUE.");
            var prefix = place.Length > "annotation".Length ? place["annotation".Length..].TrimStart('-') + ":" : "";
            foreach (var annotation in Annotation.Parse($"{prefix}{name}={fields[key]}"))
                yield return annotation;
        }
    }
}
