using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Images;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Verification;

/// <summary>What of an image is checked, and how severely.</summary>
internal sealed record GateOptions
{
    public VerificationPolicy Policy { get; init; } = VerificationPolicy.Default;

    /// <summary>Only these; empty means all that the image has.</summary>
    public ImmutableArray<Platform> Platforms { get; init; } = [];

    /// <summary>Reads every layer and looks at every file, not only as far as the start needs.</summary>
    public bool All { get; init; }

    /// <summary>The parts of the image that its registry has; null if it does not come from a registry.</summary>
    public RegistryParts? Parts { get; init; }
}

/// <summary>Checks that each platform's image is what its label says: static, no emulator, headers only.</summary>
/// <remarks>
/// <code>
/// a place of images   1  index → manifests and configs; of a registry, only those that it has whole: <see cref="RegistryParts"/>
/// each platform       2  in parallel; layers from the top, as many as its start needs, each read once for all platforms
/// <see cref="PlatformGate"/>
/// findings            3  <see cref="GateReport"/>: data; whoever asked decides by a <see cref="VerificationPolicy"/>
/// </code>
/// What a build has just made is checked by <see cref="BuildGate"/>, which knows the lines that made it. What was found in a layer is kept
/// in the store by diff id.
/// </remarks>
internal sealed class Gate(Store store)
{
    private readonly ContentsCache contents = new(store);
    private readonly CensusCache cache = new(store);

    /// <exception cref="ManifoldException">The image is not there, or cannot be read; what is wrong with it is the report's.</exception>
    /// <exception cref="UsageException">A platform is asked for that it lacks.</exception>
    public async Task<GateReport> CheckAsync(IImageSource source, GateOptions options, CancellationToken cancellation = default)
    {
        // 1
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        var read = options.Parts is { } parts ? await ImageReader.ReadAsync(source, parts.Whole, cancellation).ConfigureAwait(false)
            : await ImageReader.ReadAsync(source, top.Descriptor, cancellation).ConfigureAwait(false);
        var lost = options.Parts?.Reports() ?? [];
        RequirePlatforms(options.Platforms, [.. read.Select(image => image.Platform), .. lost.Select(report => report.Platform)],
            source.Location);
        var images = Chosen(read, image => image.Platform, options.Platforms);
        // 2
        var shelf = new SourceLayers(source, contents, cache);
        var causes = new PublishedCauses(images);
        var gate = new PlatformGate(shelf, options.Policy, options.All ? SweepScope.All : SweepScope.Read, causes.Of);
        var reports = await FirstFailure.WhenAllAsync(images, gate.CheckAsync, cancellation).ConfigureAwait(false);
        // 3
        return new GateReport
        {
            Digest = top.Descriptor.Digest,
            Platforms = [.. reports, .. Chosen(lost, report => report.Platform, options.Platforms)]
        };
    }

    private static void RequirePlatforms(ImmutableArray<Platform> wanted, ImmutableArray<Platform> available, ImageLocation location)
    {
        foreach (var platform in wanted.Where(platform => !available.Contains(platform)))
            throw new UsageException($"verify {location}: it has no image for {platform}. It has: {string.Join(", ", available)}.");
    }

    private static ImmutableArray<T> Chosen<T>(ImmutableArray<T> all, Func<T, Platform> platformOf, ImmutableArray<Platform> wanted) =>
        wanted.IsEmpty ? all : [.. all.Where(each => wanted.Contains(platformOf(each)))];
}
