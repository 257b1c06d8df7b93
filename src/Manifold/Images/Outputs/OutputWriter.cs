using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images.Outputs;

/// <summary>What outputs are written with.</summary>
internal sealed record OutputTools(Store Store, RegistryClient Registry)
{
    /// <summary>The environment that docker and podman are asked in.</summary>
    public required ImmutableSortedDictionary<string, string> Environment { get; init; }

    /// <summary>Opens standard output for bytes. The stream is not disposed.</summary>
    public required Func<Stream> OpenStandardOutput { get; init; }

    /// <summary>Gets what was written, and where.</summary>
    public Action<string> Tell { get; init; } = _ => { };

    /// <summary>Gets what people should know and what stops nothing.</summary>
    public Action<string> Warn { get; init; } = _ => { };
}

/// <summary>Writes a built image where outputs say. Pushing is the Publisher's.</summary>
internal sealed class OutputWriter(OutputTools tools)
{
    private ContainerEngine? engine;

    /// <summary>
    /// Looks, before any work, whether everything can be written: no engine and no folder is found missing at the end of a build.
    /// </summary>
    /// <exception cref="ManifoldException">Something stands in the way.</exception>
    public async Task PrepareAsync(
        IReadOnlyCollection<ImageOutput> outputs, ImmutableArray<Platform> platforms, CancellationToken cancellation)
    {
        foreach (var output in outputs)
        {
            foreach (var without in output.WithoutEffect)
                tools.Warn($"--output '{output.Text}': no effect: {without}.");
            RequirePlace(output);
            if (output.Kind == OutputKind.Docker)
                _ = ChooseForDocker(output, platforms);
        }
        if (outputs.Any(output => output.IsLoad))
            engine = await ContainerEngine.FindAsync(tools.Environment, cancellation).ConfigureAwait(false);
    }

    private static void RequirePlace(ImageOutput output)
    {
        if (output.IsStandardOutput)
            return;
        if (output.IsFolder && File.Exists(output.Destination))
            throw new UsageException($"--output '{output.Text}': '{output.Destination}' is a file, but this output is a folder. "
                + "Choose another destination.");
        if (output is { Kind: OutputKind.Oci, IsFolder: false } && Directory.Exists(output.Destination))
            throw new UsageException($"--output '{output.Text}': '{output.Destination}' is a folder, but this output is an archive. "
                + "Choose a file, or add tar=false to write an OCI layout.");
        if (!output.IsFolder)
            OutputFolder.Require(output.Destination);
    }

    /// <summary>Writes one output, whole or not at all.</summary>
    /// <param name="names">What the image is called where the output does not say.</param>
    /// <exception cref="OutputFailedException">It was not written; the message says which.</exception>
    public async Task WriteAsync(
        ImageOutput output, BuiltSource built, ImmutableArray<ImageReference> names, CancellationToken cancellation)
    {
        if (output.Kind is OutputKind.Image or OutputKind.CacheOnly)
            return;
        try
        {
            await using var source = await ShapedAsync(output,
                StoreSource.OfBuilt(tools.Store, tools.Registry, names, built.Index), built.Platforms, cancellation).ConfigureAwait(false);
            var attached = output.HoldsAttachments && built.Attach is { } attach
                ? await attach(output, source, cancellation).ConfigureAwait(false) : null;
            var withReferrers = attached is not null && output.Kind == OutputKind.Oci;
            var parts = await ImageParts.ReadAsync(attached ?? source, withReferrers, cancellation).ConfigureAwait(false);
            if (output.Kind == OutputKind.Docker && DockerArchiveTarget.Dropped(parts) is { } dropped)
                tools.Warn($"{(output.IsLoad ? "--load" : $"--output '{output.Text}'")}: {dropped}");
            await Open(output, output.Names.IsEmpty ? names : output.Names).WriteAsync(attached ?? source, parts, null, cancellation)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is ManifoldException or IOException or UnauthorizedAccessException)
        {
            throw new OutputFailedException($"{(output.IsLoad ? "" : $"--output '{output.Text}': ")}{e.Message}", e);
        }
    }

    private async Task<IImageSource> ShapedAsync(ImageOutput output, IImageSource source, ImmutableArray<Platform> platforms,
        CancellationToken cancellation)
    {
        if (output.Kind == OutputKind.Docker && platforms.Length > 1)
            return await PlatformSubset.ChooseAsync(source, [ChooseForDocker(output, platforms)], cancellation).ConfigureAwait(false);
        return output is { Kind: OutputKind.Oci, DockerFormat: true }
            ? await FormatConversion.ConvertAsync(source, ImageFormat.Docker, tools.Warn, cancellation).ConfigureAwait(false) : source;
    }

    /// <summary>docker load takes one platform: this machine's, or the only one.</summary>
    private static Platform ChooseForDocker(ImageOutput output, ImmutableArray<Platform> platforms) => platforms.Length == 1 ? platforms[0]
        : PlatformChoice.Best(Platform.Host, platforms, platform => platform)
        ?? throw new UsageException($"--output '{output.Text}': docker loads only one platform, but this machine's ({Platform.Host}) is "
            + $"not one of {string.Join(", ", platforms)}. Build for one platform with --platform, or write all of them: -o "
            + "type=oci,dest=FILE.tar");

    private IImageTarget Open(ImageOutput output, ImmutableArray<ImageReference> names) => output.Kind switch
    {
        OutputKind.Oci when output.IsFolder => new LayoutTarget(output.Destination!, LayoutNames(names)),
        OutputKind.Oci => new OciArchiveTarget(Destination(output), LayoutNames(names)),
        OutputKind.Docker when output.IsLoad => new EngineTarget(
            engine!, tools.Store, Names(names), loaded => tools.Tell($"loaded into {engine!.Name}: {string.Join(", ", loaded)}")),
        OutputKind.Docker => new DockerArchiveTarget(tools.Store, Destination(output), Names(names)),
        OutputKind.Local => new FilesFolderTarget(output.Destination!, output.SplitPlatforms, tools.Warn)
        {
            AttachmentPrefix = output.AttachmentPrefix,
        },
        _ => new FilesArchiveTarget(Destination(output), output.SplitPlatforms) { AttachmentPrefix = output.AttachmentPrefix },
    };

    private ArchiveDestination Destination(ImageOutput output) =>
        output.IsStandardOutput ? ArchiveDestination.ToStream(tools.OpenStandardOutput()) : ArchiveDestination.ToFile(output.Destination!);

    private static ImmutableArray<LayoutName> LayoutNames(ImmutableArray<ImageReference> names) => [.. names.Select(LayoutName.Of)];

    private static ImmutableArray<string> Names(ImmutableArray<ImageReference> names) => [.. names.Select(name => name.ToString())];
}

/// <summary>What was built: the index in the store, and its platforms.</summary>
internal sealed record BuiltSource(Descriptor Index, ImmutableArray<Platform> Platforms)
{
    /// <summary>Makes the documents that lie beside the image at an output; null where there are none.</summary>
    public Func<ImageOutput, IImageSource, CancellationToken, Task<AttachedImage>>? Attach { get; init; }
}

/// <summary>An output could not be written; others, and the image in the store, are as they were told.</summary>
internal sealed class OutputFailedException(string message, Exception inner) : ManifoldException(message, inner)
{
    public override int ExitCode => (InnerException as ManifoldException)?.ExitCode ?? 1;
}
