using System.Collections.Immutable;
using Manifold.Content;

namespace Manifold.Images.Outputs;

/// <summary>The docker or podman of this machine, which gets one platform's image over its standard input.</summary>
/// <param name="told">Gets the names under which the engine has it.</param>
internal sealed class EngineTarget(
    ContainerEngine engine, Store store, ImmutableArray<string> names, Action<ImmutableArray<string>> told) : IImageTarget
{
    public async Task WriteAsync(
        IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress = null, CancellationToken cancellation = default) =>
        told(await engine.LoadAsync(
            archive => new DockerArchiveTarget(store, archive, names).WriteAsync(source, image, progress, cancellation),
            cancellation).ConfigureAwait(false));
}
