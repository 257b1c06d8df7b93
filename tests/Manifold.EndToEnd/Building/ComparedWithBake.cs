using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// The same bake and compose files, unchanged, given to <c>docker buildx bake</c> and to us; <see cref="Oracle"/> compares every image of
/// each.
/// </summary>
/// <remarks>A case is a folder under <c>cases/bake</c> with a file that bake finds by itself.</remarks>
[Trait("kind", "end-to-end")]
public sealed class ComparedWithBake : IDisposable
{
    private readonly Workshop shop = new(Peer.VisibleFolder);

    public void Dispose() => shop.Dispose();

    [Fact]
    public async Task each_file_gives_the_same_images()
    {
        await Workshop.NeedBusyBox();
        await Peer.Docker("version");
        var wrong = new ConcurrentBag<string>();
        var images = 0;
        await Parallel.ForEachAsync(Cases.Names("bake"), new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (name, _) =>
        {
            var folder = shop[name];
            await Tool.Run("cp", "-r", Path.Combine(Cases.Folder("bake"), name), folder);
            var targets = JsonNode.Parse(await Peer.DockerIn(folder, "buildx", "bake", "--print"))!["target"]!.AsObject()
                .Where(target => target.Value!["tags"] is not null)
                .ToDictionary(target => target.Key, target => (string)target.Value!["tags"]![0]!);
            Assert.NotEmpty(targets);
            await Peer.DockerIn(folder, ["buildx", "bake", "--progress", "quiet", "--provenance=false",
                .. targets.Keys.SelectMany(target => new[] { "--set", $"{target}.output=type=oci,tar=false,dest={Theirs(name, target)}" }),
            ]);
            await Manifold(folder, "bake", "--progress", "quiet");
            foreach (var (target, tag) in targets)
            {
                Interlocked.Increment(ref images);
                await Manifold(folder, "copy", $"store:{tag}", $"oci:{Ours(name, target)}");
                foreach (var line in await Oracle.DifferencesAsync(Theirs(name, target), Ours(name, target)))
                    wrong.Add($"{name}, {target}: {line}");
            }
        });
        Assert.Empty(wrong.Order());
        Assert.True(images >= 14, $"{images} images were compared.");
    }

    private string Theirs(string name, string target) => shop[$"{name}.{target}.buildkit"];

    private string Ours(string name, string target) => shop[$"{name}.{target}.manifold"];

    private Task<string> Manifold(string folder, params string[] arguments) =>
        Tool.Run("env", ["-C", folder, $"MANIFOLD_ROOT={shop.Root}", .. OurProgram.Words, .. arguments]);
}
