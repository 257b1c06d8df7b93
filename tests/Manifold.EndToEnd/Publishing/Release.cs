using System.Diagnostics;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.EndToEnd.Publishing;

/// <summary>
/// An old release in a registry, and a new one in a store that <c>manifold push</c> is to publish under three tags of two repositories, one
/// of them new.
/// </summary>
public sealed class Release : IAsyncDisposable
{
    private readonly Front front;
    private readonly TemporaryFolder folder = new();
    private readonly RegistryClient behind = new(new RegistryOptions());

    private Release(Front front, string name) => (this.front, Name) = (front, name);

    /// <summary>The folder of this release's repositories.</summary>
    public string Name { get; }

    public Descriptor Old { get; private set; } = null!;
    public Descriptor New { get; set; } = null!;
    public string StoreFolder => folder["store"];
    public TemporaryFolder Folder => folder;
    public static string[] Tags { get; } = ["app:stable", "app:2", "mirror:stable"];

    public static async Task<Release> PrepareAsync(Front front, string name)
    {
        var release = new Release(front, name);
        using (var other = Store.Open(release.folder["other"]))
        {
            release.Old = await SampleImages.WriteIndexAsync(other, $"old {name}", "linux/amd64", "linux/arm64");
            await release.behind.PushAsync(other, release.Old, release.At("app:stable"), release.At("mirror:stable"));
        }
        using var store = Store.Open(release.StoreFolder);
        release.New = await SampleImages.WriteIndexAsync(store, $"new {name}", "linux/amd64", "linux/arm64");
        store.Tags.Set(ImageReference.Parse("new:1"), release.New);
        return release;
    }

    /// <summary>The command that publishes it, through the front.</summary>
    public string[] Command(params string[] more) => ["push", "new:1", .. Tags.Select(tag => $"{front.Name}/{Name}/{tag}"), .. more];

    /// <summary>The command in this process.</summary>
    public Task<(int Code, string Output, string Error)> RunAsync(params string[] more) => Commanding.Manifold(folder, Command(more));

    /// <summary>The command as a process of its own.</summary>
    /// <param name="tags">Some of <see cref="Tags"/>; none stands for all.</param>
    public Process Start(params string[] tags) =>
        Program.Start(StoreFolder, ["push", "new:1", .. (tags.Length == 0 ? Tags : tags).Select(tag => $"{front.Name}/{Name}/{tag}")]);

    /// <summary>Another image comes under a tag, past the front and from another store.</summary>
    public async Task<Digest> SomebodyPublishesAsync(string tag)
    {
        using var other = Store.Open(folder["other"]);
        var image = await SampleImages.WriteIndexAsync(other, $"theirs {Name}", "linux/amd64", "linux/arm64");
        await behind.PublishAsync(other, image, new Manifold.Publishing.PublicationRequest { Targets = [At(tag)], Force = true });
        return image.Digest;
    }

    /// <summary>What a tag names now, asked past the front; null where it is not there.</summary>
    public async Task<Digest?> NowAsync(string tag) => (await behind.HeadManifestAsync(At(tag)))?.Digest;

    /// <summary>Every tag names the old image or the new one, and that is there to its last byte. Returns how many are new.</summary>
    public async Task<int> EveryTagIsOldOrNewAsync()
    {
        var count = 0;
        foreach (var tag in Tags)
        {
            var now = await NowAsync(tag);
            Assert.True(now == New.Digest || now == (tag == "app:2" ? null : Old.Digest), $"{Name}/{tag} names {now}");
            count += now == New.Digest ? 1 : 0;
            if (now is { } digest)
                await IsWholeAsync(At(tag).WithDigest(digest));
        }
        return count;
    }

    private async Task IsWholeAsync(ImageReference index)
    {
        var content = await behind.GetManifestAsync(index);
        foreach (var entry in ImageIndex.Parse(content!.Bytes.Span).Manifests)
        {
            var manifest = Manifest.Parse((await behind.GetManifestAsync(index.WithDigest(entry.Digest)))!.Bytes.Span);
            foreach (var blob in manifest.Layers.Append(manifest.Config))
                Assert.Equal(blob.Size, await behind.SizeOfBlobAsync(index, blob.Digest));
        }
    }

    private ImageReference At(string tag) => ImageReference.Parse($"{front.Behind}/{Name}/{tag}");

    public ValueTask DisposeAsync()
    {
        behind.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The program itself, as a process.</summary>
public static class Program
{
    public static Process Start(string store, params string[] arguments)
    {
        // SIGINT means to it what it means in a terminal, whatever our own caller made of it.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", .. OurProgram.Words, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MANIFOLD_ROOT"] = store;
        return Process.Start(start)!;
    }
}
