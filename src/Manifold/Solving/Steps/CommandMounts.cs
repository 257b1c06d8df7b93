using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Solving.Keeping;

namespace Manifold.Solving.Steps;

/// <summary>What a RUN sees besides its image: its <c>--mount</c>s and its script.</summary>
/// <remarks>
/// <code>
///          key                              in the RUN
/// bind     content                          a folder of this machine, or layers of a stage
/// tmpfs    the definition                   an empty folder in memory
/// cache    the definition, what it begins   a folder of the store, locked as its sharing says
/// ssh      the definition                   a socket of an agent
/// secret   the definition                   a file in memory, or a variable
/// </code>
/// </remarks>
internal sealed class CommandMounts(StepTools tools, StepRecords records, StepFiles files)
{
    private const int DefaultSecretMode = 0b100_000_000, DefaultAgentMode = 0b110_000_000, DefaultCacheMode = 0b111_101_101;

    /// <summary>Whether a mount shows some of a stage's files.</summary>
    public static bool ShowsPart(StepMount mount) => mount is { From: not null, Definition.Type: MountType.Bind, Source.Length: > 0 };

    /// <summary>Adds what the mounts mean to the key of a RUN: content of bind mounts, and of the others the definition alone.</summary>
    public async Task AddToAsync(KeyBuilder key, RunStep step, StepInputs inputs, bool byContent, CancellationToken cancellation)
    {
        foreach (var mount in step.Mounts)
        {
            mount.AddTo(key);
            if (mount.From is { } from && byContent && ShowsPart(mount))
            {
                key.Add(await records.FailingAsync(step, () => PartDigestAsync(step, mount, inputs.Of(from), cancellation))
                    .ConfigureAwait(false));
            }
            else if (mount.From is { } stage)
                key.AddAll([.. inputs.Of(stage).Select(layer => layer.DiffId.ToString())]);
            if (mount.ShowsFolder)
            {
                var shown = await records.FailingAsync(step, () => files.ShownAsync(step, mount, cancellation)).ConfigureAwait(false);
                key.Add(shown.Digest());
            }
        }
    }

    /// <summary>A RUN sees times and attributes as well. A RUN's own snapshot has the clock's times; the layer's are what lasts.</summary>
    private async Task<Digest> PartDigestAsync(
        RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        var part = await files.PartAsync(step, mount, from, cancellation).ConfigureAwait(false);
        var contents = await tools.Layers.ContentsAsync(from, cancellation).ConfigureAwait(false);
        return part.DigestOfAllSeen(path => contents.Find(path)?.Modified ?? default);
    }

    /// <summary>
    /// Gets hold of all that the mounts need. Caches are taken in one order everywhere,
    /// so that no two RUNs wait for each other.
    /// </summary>
    public async Task<RunResources> PrepareAsync(RunStep step, StepInputs inputs, CancellationToken cancellation)
    {
        var resources = new RunResources();
        try
        {
            foreach (var mount in step.Mounts.OrderBy(mount => mount.Definition.Type).ThenBy(mount => mount.Id, StringComparer.Ordinal))
            {
                var from = mount.From is { } stage ? inputs.Of(stage) : [];
                await tools.Layers.UnpackAsync(from, cancellation).ConfigureAwait(false);
                await AddAsync(resources, step, mount, from, cancellation).ConfigureAwait(false);
            }
            if (step.Script is { } script)
                resources.Mounts.Add(Memory(script.Name, System.Text.Encoding.UTF8.GetBytes(script.Content), DefaultCacheMode));
            return resources;
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    private async Task AddAsync(
        RunResources resources, RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        switch (mount.Definition.Type)
        {
            case MountType.Bind:
                resources.Mounts.Add(mount.ShowsFolder
                    ? await FolderAsync(step, mount, cancellation).ConfigureAwait(false) : StageMount(step, mount, from));
                break;
            case MountType.Tmpfs:
                resources.Mounts.Add(new SandboxMount { Kind = MountKind.Tmpfs, Target = mount.Target, SizeBytes = mount.Definition.Size });
                break;
            case MountType.Cache:
                await AddCacheAsync(resources, step, mount, from, cancellation).ConfigureAwait(false);
                break;
            case MountType.Ssh:
                await AddAgentAsync(resources, mount, cancellation).ConfigureAwait(false);
                break;
            case MountType.Secret when tools.Run.Secrets.FirstOrDefault(secret => secret.Id == mount.Id) is { } secret:
                AddSecret(resources, mount, secret);
                break;
        }
    }

    private async Task<SandboxMount> FolderAsync(RunStep step, StepMount mount, CancellationToken cancellation) => new()
    {
        Kind = MountKind.Bind,
        Target = mount.Target,
        ReadOnly = mount.Definition.ReadOnly,
        DiscardsWrites = !mount.Definition.ReadOnly,
        Source = await files.ViewAsync(step, mount, cancellation).ConfigureAwait(false),
    };

    private SandboxMount StageMount(RunStep step, StepMount mount, ImmutableArray<ChainLayer> from)
    {
        StepFiles.RequireSource(step, mount, tools.Layers.OpenUnpacked(from));
        return new SandboxMount
        {
            Kind = MountKind.Layers,
            Target = mount.Target,
            Source = mount.Source,
            ReadOnly = mount.Definition.ReadOnly,
            Layers = [.. from.Select(layer => layer.DiffId)],
        };
    }

    private async Task AddAgentAsync(RunResources resources, StepMount mount, CancellationToken cancellation)
    {
        resources.Environment.Add("SSH_AUTH_SOCK=" + mount.Target); // also where nobody answers there, as in BuildKit
        if (await tools.Agents.SocketOfAsync(mount.Id, cancellation).ConfigureAwait(false) is not { } agent)
            return;
        var (uid, gid, mode) = (OwnerOf(mount.Definition.Uid), OwnerOf(mount.Definition.Gid), mount.Definition.Mode ?? DefaultAgentMode);
        var socket = resources.Hold(new AgentSocket(tools.NewFolder("agent-"), agent, (uid, gid, mode)));
        resources.Mounts.Add(new SandboxMount { Kind = MountKind.Bind, Target = mount.Target, Source = socket.Path });
    }

    private static void AddSecret(RunResources resources, StepMount mount, Secret secret)
    {
        var definition = mount.Definition;
        if (definition.Env is { } variable)
            resources.Secrets.Add(new SecretVariable(variable, secret.Value));
        if (mount.Target.Length > 0)
            resources.Mounts.Add(Memory(mount.Target, secret.Value, definition.Mode ?? DefaultSecretMode) with
            {
                IsSecret = true,
                Uid = OwnerOf(definition.Uid),
                Gid = OwnerOf(definition.Gid),
            });
    }

    private static SandboxMount Memory(string target, ReadOnlyMemory<byte> content, int mode) =>
        new()
        {
            Kind = MountKind.Memory,
            Target = target,
            Content = content,
            Mode = mode,
        };

    private static uint OwnerOf(int? id) => (uint)(id ?? 0);

    private async Task AddCacheAsync(
        RunResources resources, RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        var cache = resources.Hold(await TakeCacheAsync(step, mount, from, cancellation).ConfigureAwait(false));
        resources.Mounts.Add(new SandboxMount
        {
            Kind = MountKind.Bind,
            Target = mount.Target,
            Source = cache.Path,
            Below = mount.From is null ? mount.Source : "",
            ReadOnly = mount.Definition.ReadOnly,
        });
    }

    private Task<CacheFolder> TakeCacheAsync(
        RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        var definition = mount.Definition;
        var use = definition.Sharing switch
        {
            CacheSharing.Private => CacheUse.Private,
            CacheSharing.Locked => CacheUse.Locked,
            _ => CacheUse.Shared,
        };
        // A cache that begins with files is another one where these are others.
        var id = from.IsEmpty ? mount.Id : $"{mount.Id} {mount.Source} {string.Join(' ', from.Select(layer => layer.DiffId))}";
        return tools.Caches.TakeAsync(id, use, folder => Fill(step, mount, from, folder, cancellation), TellOfWait, cancellation);

        void TellOfWait() => tools.On(new StepPrinted(step,
            $"waiting for another RUN to release the cache '{definition.Id ?? mount.Target}' …",
            IsError: true)
        {
            Time = tools.Time.GetUtcNow(),
        });
    }

    private void Fill(RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, string folder, CancellationToken cancellation)
    {
        var definition = mount.Definition;
        if (!from.IsEmpty)
        {
            var chain = tools.Layers.OpenUnpacked(from);
            var root = chain.Resolve(mount.Source);
            if (root.Entry is not { Kind: EntryKind.Folder })
                throw new StepFailedException(step, $"--mount={definition.Text}: "
                    + $"'{definition.Source}' is not a folder in {mount.From!.Name}.");
            new FolderWriter(folder, FolderFormat.Plain).Write(FileIdentity.KeepLinks(chain.Subtree(root.Path).Prepend(root.Entry)
                .Select(entry => entry with { Path = EntryPath.Relative(entry.Path, root.Path) })), cancellation);
        }
        using var handle = DirectoryHandle.Open(folder);
        if (from.IsEmpty || definition.Uid is not null || definition.Gid is not null)
            handle.SetOwner("", OwnerOf(definition.Uid), OwnerOf(definition.Gid));
        if (from.IsEmpty || definition.Mode is not null)
            handle.SetMode("", definition.Mode ?? DefaultCacheMode);
    }
}
