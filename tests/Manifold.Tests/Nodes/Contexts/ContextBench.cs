using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Linux;
using Manifold.Nodes.Contexts;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;

namespace Manifold.Tests.Nodes.Contexts;

/// <summary>A build context, the store of its machine, and the store of another machine that gets what is packed.</summary>
internal sealed class ContextBench : IDisposable
{
    public ContextBench()
    {
        (Here, There) = (Store.Open(Folder["here"]), Store.Open(Folder["there"]));
        Unpacker = new ContextUnpacker(There);
        Directory.CreateDirectory(Folder["context"]);
    }

    public TemporaryFolder Folder { get; } = new();
    public Store Here { get; }
    public Store There { get; }
    public ContextUnpacker Unpacker { get; }

    /// <summary>The lines of the ignore file.</summary>
    public string Ignored { get; set; } = "";

    /// <summary>The folder that is packed.</summary>
    public string Root { get; set; } = "context";

    /// <summary>A named context.</summary>
    public FolderSource? Named { get; set; }

    public IgnoreRules Rules => IgnoreRules.Parse(".dockerignore", Ignored);

    public string Write(string path, string content) => Folder.Write($"context/{path}", content);

    public void Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder[$"context/{path}"])!);
        File.CreateSymbolicLink(Folder[$"context/{path}"], target);
    }

    public void HardLink(string path, string existing)
    {
        using var from = DirectoryHandle.Open(Path.GetDirectoryName(Folder[$"context/{existing}"])!);
        using var to = DirectoryHandle.Open(Path.GetDirectoryName(Folder[$"context/{path}"])!);
        Assert.True(to.TryLink(from, Path.GetFileName(existing), Path.GetFileName(path)));
    }

    /// <summary>The steps of a stage with these instructions.</summary>
    public ImmutableArray<Step> Steps(params IEnumerable<string> instructions) => [.. new Planner(
        DockerfileParser.Parse("Dockerfile", string.Join('\n', ["FROM scratch", .. instructions, ""])).OrThrow(),
        new BuildRequest
        {
            ContextFolder = Folder["context"],
            Platforms = [Platform.Parse("linux/amd64")],
            BuildPlatform = Platform.Parse("linux/amd64"),
            Contexts = Named is null ? ImmutableSortedDictionary<string, NamedContext>.Empty
                : ImmutableSortedDictionary<string, NamedContext>.Empty.Add(Named.Name, new FolderContext(Named.Path)),
        }).Plan(new Dictionary<(ImageReference, Platform), BaseImage>()).Steps];

    public Task<PackedContext> PackAsync(params IEnumerable<string> instructions) =>
        new ContextPacker(Here, new AnHourLater()).PackAsync(
            new PackedFolder(Folder[Root], Rules, "the context", Named), Steps(instructions), TestContext.Current.CancellationToken);

    /// <summary>Copies what the other store lacks.</summary>
    /// <returns>What was copied.</returns>
    public ImmutableArray<Descriptor> Send(PackedContext packed)
    {
        ImmutableArray<Descriptor> missing = [.. packed.Blobs.Where(blob => !There.Contains(blob.Digest))];
        foreach (var blob in missing)
            File.Copy(Here.BlobPath(blob.Digest), There.BlobPath(blob.Digest));
        return missing;
    }

    public Task<UnpackedContext> UnpackAsync(Digest manifest) => Unpacker.UnpackAsync(manifest, TestContext.Current.CancellationToken);

    public async Task<UnpackedContext> SendAndUnpackAsync(params IEnumerable<string> instructions)
    {
        var packed = await PackAsync(instructions);
        Send(packed);
        return await UnpackAsync(packed.Manifest.Digest);
    }

    public Manifest ManifestOf(PackedContext packed) => Manifest.Parse(Here.ReadDocument(packed.Manifest.Digest));

    /// <summary>What the steps choose in a folder, and for mounts what a program sees.</summary>
    public IEnumerable<string> Chosen(string folder, IgnoreRules rules, IEnumerable<Step> steps)
    {
        var tree = new ContextTree(folder, rules, new FileDigests(Here, folder, TimeProvider.System));
        foreach (var step in steps)
        {
            if (step is CopyStep copy)
                yield return $"{copy.Name} {Outcome(() => Selection.Of(copy, tree).Digest())}";
            foreach (var mount in (step as RunStep)?.Mounts ?? [])
                yield return $"{mount.Definition.Text} {Outcome(() => AllSeen(Selection.OfPath(step, tree, mount.Source)))}";
        }
    }

    private static Digest AllSeen(Selection shown)
    {
        var times = shown.Sources.SelectMany(source => source.Files)
            .ToDictionary(file => file.Entry.Path, file => file.Entry.Modified);
        return shown.DigestOfAllSeen(path => times[path]);
    }

    private static string Outcome(Func<Digest> choose)
    {
        try
        {
            return choose().ToString();
        }
        catch (StepFailedException)
        {
            return "fails";
        }
    }

    public void Dispose()
    {
        Here.Dispose();
        There.Dispose();
        Folder.Dispose();
    }

    /// <summary>What was written just now is not remembered, since it may change within the clock's step.</summary>
    internal sealed class AnHourLater : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddHours(1);
    }
}
