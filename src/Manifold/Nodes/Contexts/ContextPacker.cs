using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;

namespace Manifold.Nodes.Contexts;

/// <summary>
/// Packs the files of a folder that steps read into an OCI artifact, so that only blobs that another machine lacks are sent.
/// </summary>
/// <remarks>
/// <code>
/// 1  the files that the steps read                       <see cref="ReadFiles"/>
/// 2  groups of files, the same for the same files        <see cref="FileGroups"/>
/// 3  a blob for each group, made only if it is not known <see cref="GroupBlobs"/>
/// 4  the manifest
/// </code>
/// The same files give the same manifest, whenever they are packed. Unchanged files are not read again. A file that changes between 1 and 3
/// makes it start over; so does a remembered digest that is wrong. The caller holds the store's shared lock until all blobs have been sent:
/// only the cache's records keep them.
/// </remarks>
internal sealed class ContextPacker(Store store, TimeProvider time)
{
    private const int Attempts = 3;
    private static readonly byte[] EmptyConfig = "{}"u8.ToArray();

    private readonly GroupBlobs blobs = new(store, time);

    /// <exception cref="StepFailedException">A source of a step is missing.</exception>
    /// <exception cref="ContextChangedException">Files change all the time.</exception>
    public async Task<PackedContext> PackAsync(PackedFolder folder, IEnumerable<Step> steps, CancellationToken cancellation)
    {
        IReadOnlyCollection<Step> all = [.. steps];
        var digests = new FileDigests(store, folder.Path, time);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await PackOnceAsync(folder, all, digests, cancellation).ConfigureAwait(false);
            }
            catch (ContextChangedException e) when (attempt < Attempts)
            {
                digests.Forget(e.File);
            }
            catch (FileNotFoundException) when (attempt < Attempts)
            {
                // It was deleted after it was chosen, and is not chosen again.
            }
        }
    }

    private async Task<PackedContext> PackOnceAsync(
        PackedFolder folder, IReadOnlyCollection<Step> steps, FileDigests digests, CancellationToken cancellation)
    {
        // 1
        var files = await Task.Run(() => ReadFiles.Of(folder, steps, digests, cancellation), cancellation).ConfigureAwait(false);
        digests.Save();
        // 2, 3
        var groups = await FirstFailure.WhenAllAsync(FileGroups.Cut(files), Environment.ProcessorCount, blobs.GetAsync, cancellation)
            .ConfigureAwait(false);
        // 4
        var config = await store.WriteAsync(EmptyConfig, MediaType.Empty, cancellation).ConfigureAwait(false);
        ImmutableArray<Descriptor> layers = [.. await RulesAsync(folder.Rules, cancellation).ConfigureAwait(false), .. groups];
        var manifest = new Manifest
        {
            ArtifactType = ContextFormat.Artifact,
            Config = config,
            Layers = layers.IsEmpty ? [config] : layers,
        };
        var top = await store.WriteAsync(manifest.ToJson(), MediaType.Manifest, cancellation).ConfigureAwait(false);
        return new PackedContext(top, [config, .. layers, top]);
    }

    private async Task<IEnumerable<Descriptor>> RulesAsync(IgnoreRules rules, CancellationToken cancellation)
    {
        if (rules.IsEmpty)
            return [];
        // The space keeps a pattern that begins with # from being a comment.
        var lines = rules.Texts.SelectMany(text => FileName.Encode($" {text}\n")).ToArray();
        return [await store.WriteAsync(lines, ContextFormat.IgnoreRules, cancellation).ConfigureAwait(false)];
    }
}
