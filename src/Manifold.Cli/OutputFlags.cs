using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Dockerfile;
using Manifold.Images.Outputs;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Cli;

/// <summary>The flags that say what becomes of a built image: <c>--output</c>, <c>--load</c>, <c>--compression</c>.</summary>
internal sealed class OutputFlags
{
    private readonly Option<string[]> outputs = new("--output", "-o")
    {
        Description = "Also write the image to another place: type=oci, docker, local, tar, registry or image, with keys such as "
            + "dest=FILE. A folder receives the files of the image; - writes a tar of them to standard output. Repeatable.",
        HelpName = "OUTPUT",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly Option<bool> load = new("--load")
    {
        Description = "Load the image for this machine's platform into docker or podman.",
    };
    private readonly Option<string?> compression = new("--compression")
    {
        Description = "Compression for new layers: gzip, zstd or "
            + "uncompressed. gzip and zstd accept a level, such as zstd:19. Layers of base images do not change.",
        HelpName = "FORM",
    };

    public static OutputFlags AddTo(Command command)
    {
        var flags = new OutputFlags();
        command.Add(flags.outputs);
        command.Add(flags.load);
        command.Add(flags.compression);
        return flags;
    }

    public OutputChoice Read(ParseResult parsed)
    {
        var all = (parsed.GetValue(outputs) ?? []).Select(text => ImageOutput.Parse(text)).ToImmutableArray();
        if (parsed.GetValue(load) && !all.Any(output => output.IsLoad))
            all = all.Add(ImageOutput.Load);
        if (all.Where(output => output.IsStandardOutput).Skip(1).FirstOrDefault() is { } second)
            throw new UsageException($"--output '{second.Text}': another output already uses standard output. Name a file with dest=FILE.");
        return new OutputChoice(all, parsed.GetValue(compression) is { } text ? ReadCompression(text) : null);
    }

    private static LayerPolicy ReadCompression(string text)
    {
        var (name, level) = text.Split(':', 2) is [var before, var after] ? (before, after) : (text, null);
        try
        {
            return new LayerPolicy(LayerForm.Of(LayerForm.ParseCompression(name), level));
        }
        catch (FormatException e)
        {
            throw new UsageException($"--compression {text}: {Suggestion.For(name, ["gzip", "zstd", "uncompressed"])}{e.Message}");
        }
    }
}

/// <summary>What becomes of a built image.</summary>
/// <param name="Layers">What <c>--compression</c> says; null without it.</param>
internal sealed record OutputChoice(ImmutableArray<ImageOutput> All, LayerPolicy? Layers)
{
    public static OutputChoice None { get; } = new([], null);

    /// <summary>Somebody reads the image itself from standard output, and nothing else may go there.</summary>
    public bool TakesStandardOutput => All.Any(output => output.IsStandardOutput);

    public IEnumerable<ImageOutput> Pushed => All.Where(output => output.Push);

    public bool PushesByDigest => Pushed.Any(output => output.ByDigest);

    /// <summary>In Docker's media types.</summary>
    public bool PushesDockerFormat => Pushed.Any(output => output.DockerFormat);

    /// <summary>What is to be built so that the store, and registries, get the image as its outputs want it.</summary>
    /// <param name="push"><c>--push</c> was given, too.</param>
    /// <exception cref="UsageException">They want different images.</exception>
    public BuildRequest Applied(BuildRequest request, bool push)
    {
        var images = All.Where(output => output.Kind == OutputKind.Image).ToList();
        foreach (var other in images.Where(other => !IsAlike(other, images[0]))
            .Concat(push && images.Count > 0 && !IsAlike(images[0], ImageOutput.Load) ? images : []).Take(1))
            throw new UsageException($"--output '{other.Text}': this output needs a different form of the image than another output or "
                + "--push. Give all of them the same keys, or run one build for each. Finished steps are reused.");
        ImmutableArray<long> times = [.. All.Select(output => output.Epoch).OfType<long>().Distinct()];
        if (times.Length > 1)
            throw new UsageException(
                $"--output: source-date-epoch is both {times[0]} and {times[1]}, but a build has only one time. "
                    + "Use the same time for all, or run one build for each.");
        return request with
        {
            SourceDateEpoch = times.IsEmpty ? request.SourceDateEpoch : times[0],
            Tags = [.. request.Tags.Concat(images.SelectMany(output => output.Names)).Distinct()],
            Annotations = [.. request.Annotations, .. images.FirstOrDefault()?.Annotations ?? []],
            Layers =
                Layers ?? images.FirstOrDefault()?.Layers ?? (images.Count == 0 && !push ? OnlyLayoutForm() : null) ?? LayerPolicy.Default,
        };
    }

    /// <summary>With a folder for the platform even where there is one platform alone.</summary>
    public OutputChoice WithFolders() => this with { All = [.. All.Select(output => output with { SplitPlatforms = true })] };

    /// <summary>The names to publish under.</summary>
    public ImmutableArray<ImageReference> PushTargets(ImmutableArray<ImageReference> tags, bool push) =>
        [.. (push ? tags : []).Concat(Pushed.SelectMany(output => output.Names.IsEmpty ? tags : output.Names)).Distinct()];

    /// <summary>What an output that is no publication wants built instead; null where the image is as it wants it.</summary>
    public static BuildRequest? VariantOf(ImageOutput output, BuildRequest request)
    {
        if (output.Kind != OutputKind.Oci || ((output.Layers ?? request.Layers) == request.Layers && output.Annotations.IsEmpty))
            return null;
        // All steps are done by now, and their results known; nothing is asked of caches again.
        return request with
        {
            Tags = [],
            NoCache = false,
            Cache = new CacheRequest { Inline = request.Cache.Inline },
            Layers = output.Layers ?? request.Layers,
            Annotations = [.. request.Annotations, .. output.Annotations],
        };
    }

    private LayerPolicy? OnlyLayoutForm() =>
        All.Where(output => output.Kind == OutputKind.Oci).Select(output => output.Layers).Distinct().ToList() is [var only] ? only : null;

    private static bool IsAlike(ImageOutput a, ImageOutput b) =>
        a.Layers == b.Layers && a.DockerFormat == b.DockerFormat && a.ByDigest == b.ByDigest && a.Annotations.SequenceEqual(b.Annotations);
}
