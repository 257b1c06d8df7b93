using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Solving.Copying;

namespace Manifold.Solving;

/// <content>What RUNs see besides their image.</content>
public sealed partial class StepRunner
{
    private const int DefaultSecretMode = 0b100_000_000, DefaultAgentMode = 0b110_000_000, DefaultCacheMode = 0b111_101_101;

    // Several RUNs and platforms see the same files of the context: chosen, hashed and, where they cannot be shown as they are, copied once.
    private readonly ConcurrentDictionary<(string? Folder, string Source), Lazy<Task<Selection>>> shown = new();
    private readonly ConcurrentDictionary<(string? Folder, string Source), Lazy<Task<string>>> views = new();

    /// <summary>What the mounts add to the key of a RUN: content of bind mounts, and of the others the definition alone.</summary>
    private async Task AddMountsAsync(KeyBuilder key, RunStep step,
        IReadOnlyDictionary<Digest, ImmutableArray<ChainLayer>> sources, bool byContent, CancellationToken cancellation)
    {
        foreach (var mount in step.Mounts)
        {
            mount.AddTo(key);
            if (mount.From is { } from && byContent && ShowsPart(mount))
            {
                key.Add(await FailingAsync(step, () => PartDigestAsync(step, mount, sources[from.Digest], cancellation))
                    .ConfigureAwait(false));
            }
            else if (mount.From is { } stage)
                key.AddAll([.. sources[stage.Digest].Select(layer => layer.DiffId.ToString())]);
            if (mount.ShowsFolder)
                key.Add((await FailingAsync(step, () => ShownAsync(step, mount, cancellation)).ConfigureAwait(false)).Digest());
        }
    }

    /// <summary>Whether a mount shows some of a stage's files.</summary>
    private static bool ShowsPart(StepMount mount) => mount is { From: not null, Definition.Type: MountType.Bind, Source.Length: > 0 };

    /// <summary>A RUN sees times and attributes as well. A RUN's own snapshot has the clock's times; the layer's are what lasts.</summary>
    private async Task<Digest> PartDigestAsync(
        RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        var part = await PartAsync(step, mount, from, cancellation).ConfigureAwait(false);
        var contents = await tools.Layers.ContentsAsync(from, cancellation).ConfigureAwait(false);
        return part.DigestOfAllSeen(path => contents.Find(path)?.Modified ?? default);
    }

    private Task<Selection> PartAsync(RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        using var key = new KeyBuilder().Add(mount.Source).AddAll([.. from.Select(layer => layer.DiffId.ToString())]);
        return selections.GetOrAdd(key.ToDigest(), _ => new Lazy<Task<Selection>>(async () =>
        {
            var files = await tools.Layers.FilesAsync(from, cancellation).ConfigureAwait(false);
            RequireSource(step, mount, files);
            return await Task.Run(() => Selection.OfPath(step, new StageTree(files, mount.From!.Name), mount.Source), cancellation)
                .ConfigureAwait(false);
        })).Value;
    }

    /// <summary>Gets hold of all that the mounts need. Caches are taken in one order everywhere, so that no two RUNs wait for each other.</summary>
    private async Task<RunResources> PrepareAsync(RunStep step, IReadOnlyDictionary<Digest, ImmutableArray<ChainLayer>> sources, CancellationToken cancellation)
    {
        var resources = new RunResources();
        try
        {
            foreach (var mount in step.Mounts.OrderBy(mount => mount.Definition.Type).ThenBy(mount => mount.Id, StringComparer.Ordinal))
            {
                if (mount.From is { } from)
                    await tools.Layers.UnpackAsync(sources[from.Digest], cancellation).ConfigureAwait(false);
                await AddAsync(resources, step, mount, mount.From is null ? [] : sources[mount.From.Digest], cancellation).ConfigureAwait(false);
            }
            if (step.Script is { } script)
                resources.Mounts.Add(new SandboxMount { Kind = MountKind.Memory, Target = script.Name, Content = System.Text.Encoding.UTF8.GetBytes(script.Content), Mode = DefaultCacheMode });
            return resources;
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    private async Task AddAsync(RunResources resources, RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        var definition = mount.Definition;
        switch (definition.Type)
        {
            case MountType.Bind:
                resources.Mounts.Add(mount.ShowsFolder ? await FolderAsync(step, mount, cancellation).ConfigureAwait(false) : StageMount(step, mount, from));
                break;
            case MountType.Tmpfs:
                resources.Mounts.Add(new SandboxMount { Kind = MountKind.Tmpfs, Target = mount.Target, SizeBytes = definition.Size });
                break;
            case MountType.Cache:
                var cache = resources.Hold(await CacheAsync(step, mount, from, cancellation).ConfigureAwait(false));
                resources.Mounts.Add(new SandboxMount
                {
                    Kind = MountKind.Bind, Target = mount.Target,
                    Source = cache.Path, Below = mount.From is null ? mount.Source : "",
                    ReadOnly = definition.ReadOnly,
                });
                break;
            case MountType.Ssh:
                resources.Environment.Add("SSH_AUTH_SOCK=" + mount.Target); // also where nobody answers there, as in BuildKit
                if (await tools.Agents.SocketOfAsync(mount.Id, cancellation).ConfigureAwait(false) is { } agent)
                {
                    var socket = resources.Hold(new AgentSocket(NewFolder("agent-"), agent, ((uint)(definition.Uid ?? 0), (uint)(definition.Gid ?? 0), definition.Mode ?? DefaultAgentMode)));
                    resources.Mounts.Add(new SandboxMount { Kind = MountKind.Bind, Target = mount.Target, Source = socket.Path });
                }
                break;
            case MountType.Secret when tools.Run.Secrets.FirstOrDefault(secret => secret.Id == mount.Id) is { } secret:
                if (definition.Env is { } variable)
                    resources.Secrets.Add(new SecretVariable(variable, secret.Value));
                if (mount.Target.Length > 0)
                    resources.Mounts.Add(new SandboxMount
                    {
                        Kind = MountKind.Memory, Target = mount.Target, Content = secret.Value, IsSecret = true,
                        Mode = definition.Mode ?? DefaultSecretMode, Uid = (uint)(definition.Uid ?? 0), Gid = (uint)(definition.Gid ?? 0),
                    });
                break;
        }
    }

    private SandboxMount StageMount(RunStep step, StepMount mount, ImmutableArray<ChainLayer> from)
    {
        RequireSource(step, mount, tools.Layers.OpenUnpacked(from));
        return new SandboxMount
        {
            Kind = MountKind.Layers, Target = mount.Target, Source = mount.Source, ReadOnly = mount.Definition.ReadOnly, Layers = [.. from.Select(layer => layer.DiffId)],
        };
    }

    private static void RequireSource(RunStep step, StepMount mount, Chain files)
    {
        if (!files.Resolve(mount.Source).Exists)
            throw new StepFailedException(step,
                $"--mount={mount.Definition.Text}: '{mount.Definition.Source}' is not in {mount.From!.Name}.");
    }

    private async Task<SandboxMount> FolderAsync(RunStep step, StepMount mount, CancellationToken cancellation) => new()
    {
        Kind = MountKind.Bind, Target = mount.Target, ReadOnly = mount.Definition.ReadOnly, DiscardsWrites = !mount.Definition.ReadOnly,
        Source = await views.GetOrAdd((mount.Folder?.Path, mount.Source), _ => new Lazy<Task<string>>(() => ViewAsync(step, mount, cancellation))).Value.ConfigureAwait(false),
    };

    private Task<Selection> ShownAsync(RunStep step, StepMount mount, CancellationToken cancellation) =>
        shown.GetOrAdd((mount.Folder?.Path, mount.Source), _ => new Lazy<Task<Selection>>(() =>
            Task.Run(() => Selection.OfPath(step, TreeOf(mount.Folder), mount.Source), cancellation))).Value;

    /// <summary>A folder with what the ignore file lets through, as root's: the very folder where that is so already, else a copy.</summary>
    private async Task<string> ViewAsync(RunStep step, StepMount mount, CancellationToken cancellation)
    {
        var selection = (await ShownAsync(step, mount, cancellation).ConfigureAwait(false)).Sources[0];
        if (TreeOf(mount.Folder).PathAsItIs(selection) is { } path)
            return path;
        var copy = NewFolder("view-");
        var name = selection.IsFolder ? "" : "file";
        var files = FileIdentity.KeepLinks(
            selection.Files.Select(file => file.Entry with { Path = selection.IsFolder ? file.Path : name }));
        await Task.Run(() => new FolderWriter(copy, FolderFormat.Plain).Write(files, cancellation), cancellation).ConfigureAwait(false);
        return Path.Combine(copy, name);
    }

    private Task<CacheFolder> CacheAsync(RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        var definition = mount.Definition;
        var use = definition.Sharing switch { CacheSharing.Private => CacheUse.Private, CacheSharing.Locked => CacheUse.Locked, _ => CacheUse.Shared };
        // A cache that begins with files is another one where these are others.
        var id = from.IsEmpty ? mount.Id : $"{mount.Id} {mount.Source} {string.Join(' ', from.Select(layer => layer.DiffId))}";
        return tools.Caches.TakeAsync(id, use, Fill, () => tools.On(new StepPrinted(step,
            $"waiting for another RUN to release the cache '{definition.Id ?? mount.Target}' …",
                IsError: true) { Time = tools.Time.GetUtcNow() }),
            cancellation);

        void Fill(string folder)
        {
            if (!from.IsEmpty)
                FillFrom(tools.Layers.OpenUnpacked(from), folder);
            using var handle = DirectoryHandle.Open(folder);
            if (from.IsEmpty || definition.Uid is not null || definition.Gid is not null)
                handle.SetOwner("", (uint)(definition.Uid ?? 0), (uint)(definition.Gid ?? 0));
            if (from.IsEmpty || definition.Mode is not null)
                handle.SetMode("", definition.Mode ?? DefaultCacheMode);
        }

        void FillFrom(Chain chain, string folder)
        {
            var root = chain.Resolve(mount.Source);
            if (root.Entry is not { Kind: EntryKind.Folder })
                throw new StepFailedException(step, $"--mount={definition.Text}: "
                    + $"'{definition.Source}' is not a folder in {mount.From!.Name}.");
            new FolderWriter(folder, FolderFormat.Plain).Write(FileIdentity.KeepLinks(chain.Subtree(root.Path).Prepend(root.Entry)
                .Select(entry => entry with { Path = EntryPath.Relative(entry.Path, root.Path) })), cancellation);
        }
    }
}
