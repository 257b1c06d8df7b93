using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Events;
using Manifold.Images;
using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Sandbox;
using Manifold.Verification;

namespace Manifold.Engine;

/// <summary>Builds, copies and verifies multi-architecture images: the entry point of the library.</summary>
/// <remarks>
/// <code>
/// using var engine = ManifoldEngine.Open();
/// var built = await engine.BuildAsync(request, new PublicationRequest { Targets = request.Tags });
/// </code>
/// An engine is a store and a registry client. It is thread-safe, and several engines can use one store, even in different processes.
/// To build images with RUN, run your program as root or in a user namespace: the library does not create one.
/// </remarks>
public sealed class ManifoldEngine : IDisposable
{
    private readonly EngineOptions options;

    private ManifoldEngine(EngineOptions options)
    {
        this.options = options;
        var registry = options.Registry ?? RegistryOptions.From(options.Environment) with { Time = options.Time };
        Store = Store.Open(options.StoreFolder ?? StoreRoot.Of(options.Environment), AbandonedRuns.End);
        Registry = new RegistryClient(registry);
    }

    /// <summary>The store: the names, images and records of everything that was built or pulled.</summary>
    public Store Store { get; }

    /// <summary>The client that the engine speaks to registries with.</summary>
    public RegistryClient Registry { get; }

    /// <summary>Opens the store, and creates it if it is missing.</summary>
    /// <exception cref="HostNotReadyException">The system is not Linux, or the store's folder cannot be created or written.</exception>
    /// <exception cref="ManifoldException">A configuration file of registries cannot be read.</exception>
    public static ManifoldEngine Open(EngineOptions? options = null)
    {
        if (!OperatingSystem.IsLinux())
            throw new HostNotReadyException(
                "Manifold needs Linux, and this is another system. Run the program on Linux or in a container.");
        return new ManifoldEngine(options ?? new EngineOptions());
    }

    /// <summary>Builds, verifies and names an image, and publishes it if a publication is asked for: all tags, or none.</summary>
    /// <param name="request">The Dockerfile, its context, and the platforms.</param>
    /// <param name="publication">The targets; an empty list means the request's tags. Null leaves the image in the store.</param>
    /// <exception cref="UsageException">A publication is asked for, but neither it nor the request has a name.</exception>
    /// <exception cref="ManifoldException">The build failed. The message says where, and what to do.</exception>
    /// <exception cref="PublicationRefusedException">A tag may not be moved. No tag was written.</exception>
    /// <exception cref="PublicationFailedException">A tag could not be written. The message tells the state of each.</exception>
    public async Task<EngineBuild> BuildAsync(
        BuildRequest request, PublicationRequest? publication = null, CancellationToken cancellation = default)
    {
        if (publication is { Targets.IsEmpty: true } && request.Tags.IsEmpty)
            throw new UsageException("A publication needs a name. Set Targets of the publication, or Tags of the request.");
        using var inUse = await Store.LockSharedAsync(cancellation: cancellation).ConfigureAwait(false);
        request = request with { ContextFolder = Path.GetFullPath(request.ContextFolder) };
        var order = BuildOrder.Of(
            ImageProject.Of(request, VerificationPolicy.Default),
            new BuildHeading(Product.Version, "build", Project: BuildHeading.NameOf(request))) with
        {
            Push = publication,
        };
        var tools = new BuilderTools(Store, Registry, options.Time, options.Environment.GetValueOrDefault("PATH"));
        var finished = await new Builder(tools).RunAsync(order, options.On, cancellation).ConfigureAwait(false);
        var built = finished.OrThrow().Components[0];
        return new EngineBuild(built.Result!.Index, [.. built.Result.Images.Select(image =>
            new EnginePlatform(image.Platform, image.Manifest, image.Config, image.CompressedBytes))])
        {
            Publication = built.Publication,
        };
    }

    /// <summary>Copies an image with all its platforms, signatures, SBOMs and provenance from any place to any others.</summary>
    /// <param name="source">The image. A name without a registry that the store has, and that was built here, is the store's.</param>
    /// <param name="targets">At least one place. Registries come first: if they refuse, nothing else is written.</param>
    /// <exception cref="UsageException">No target is given.</exception>
    /// <exception cref="ManifoldException">The image cannot be read, or a place cannot be written.</exception>
    /// <exception cref="PublicationRefusedException">A tag may not be moved. No tag was written.</exception>
    /// <exception cref="PublicationFailedException">A tag could not be written. The message tells the state of each.</exception>
    public async Task CopyAsync(ImageLocation source, IEnumerable<ImageLocation> targets, CancellationToken cancellation = default)
    {
        ImmutableArray<ImageLocation> places = [.. targets];
        if (places.IsEmpty)
            throw new UsageException("Copying needs at least one target.");
        using var inUse = await Store.LockSharedAsync(cancellation: cancellation).ConfigureAwait(false);
        await using var image = new ImageSources(Store, Registry).OpenNamed(source);
        var listeners = new DeliveryListeners { Pushed = new PushEvents(options.On, options.Time) };
        var delivery = new ImageDelivery(new PublishingTools(Store, Registry, options.Time) { Warn = Warn }, listeners);
        var request = new DeliveryOptions(new PublicationRequest { Targets = [] }, WithReferrers: true);
        await delivery.DeliverAsync(image, places, request, cancellation).ConfigureAwait(false);
    }

    /// <summary>Checks that an image can start on every platform that it names. Nothing is executed.</summary>
    /// <param name="image">The image. If its registry does not have it, the store's image of that name is checked.</param>
    /// <returns>The findings. A <see cref="VerificationPolicy"/> tells whether they refuse the image.</returns>
    /// <exception cref="ManifoldException">The image cannot be read.</exception>
    public async Task<GateReport> VerifyAsync(ImageLocation image, CancellationToken cancellation = default)
    {
        using var inUse = await Store.LockSharedAsync(cancellation: cancellation).ConfigureAwait(false);
        await using var source = await new ImageSources(Store, Registry).FindAsync(image, Warn, cancellation).ConfigureAwait(false);
        var parts = await RegistryParts.TryAskAsync((Registry, Store), source, PartsAsked.All, Warn, cancellation).ConfigureAwait(false);
        return await new Gate(Store).CheckAsync(source, new GateOptions { Parts = parts }, cancellation).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Registry.Dispose();
        Store.Dispose();
    }

    private void Warn(string message) => options.On(new Warned(message) { Time = options.Time.GetUtcNow() });
}
