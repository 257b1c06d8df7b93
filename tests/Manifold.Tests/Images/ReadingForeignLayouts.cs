using Manifold.Images;
using Manifold.Oci;

namespace Manifold.Tests.Images;

/// <summary>A layout that somebody else made has something else than files in the place of its files.</summary>
public sealed class ReadingForeignLayouts : WithPlaces
{
    private const string Secret = "the canary's song";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static TheoryData<string, string> Places()
    {
        var rows = new TheoryData<string, string>();
        foreach (var file in (string[])["oci-layout", "index.json", "manifest", "config", "layer"])
            foreach (var what in (string[])["pipe", "canary", "zero", "itself"])
                rows.Add(file, what);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task nothing_is_waited_for_and_no_link_leads_out_of_it(string file, string what)
    {
        var path = await LayoutAsync(file);
        // A link's target has the very bytes, so only the link is wrong.
        File.Move(path, Folder["canary"]);
        if (what == "pipe")
            await SystemProgram.Run("mkfifo", path);
        else
            File.CreateSymbolicLink(path, what switch { "canary" => Folder["canary"], "zero" => "/dev/zero", _ => path });

        var reading = Task.Run(() => ReadWholeAsync(Open($"oci:{Folder["layout"]}"))).WaitAsync(Patience);
        var refusal = await Assert.ThrowsAnyAsync<ManifoldException>(() => reading);

        Assert.Contains(Path.GetFileName(path), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_index_that_is_a_link_to_a_text_shows_nothing_of_it()
    {
        var path = await LayoutAsync("index.json");
        File.Delete(path);
        File.CreateSymbolicLink(path, Folder.Write("canary", Secret));

        var refusal = await Assert.ThrowsAnyAsync<ManifoldException>(() => ReadWholeAsync(Open($"oci:{Folder["layout"]}")));

        Assert.DoesNotContain(Secret, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_blob_that_is_a_link_within_the_layout_is_read()
    {
        var path = await LayoutAsync("layer");
        Directory.CreateDirectory(Folder["layout/elsewhere"]);
        File.Move(path, Folder["layout/elsewhere/layer"]);
        File.CreateSymbolicLink(path, "../../elsewhere/layer");

        Assert.Equal(StoredBlobs(), await ReadWholeAsync(Open($"oci:{Folder["layout"]}")));
    }

    [Theory]
    [InlineData("docker-archive")]
    [InlineData("oci-archive")]
    public async Task an_archive_that_is_a_pipe_is_not_waited_for(string transport)
    {
        await SystemProgram.Run("mkfifo", Folder["pipe"]);

        var reading = Task.Run(() => ReadWholeAsync(Open($"{transport}:{Folder["pipe"]}"))).WaitAsync(Patience);

        await Assert.ThrowsAsync<UsageException>(() => reading);
    }

    /// <summary>A layout with one image, and the path of one of its files.</summary>
    private async Task<string> LayoutAsync(string file)
    {
        var image = await StoredAsync("app:1", "linux/amd64");
        await SystemProgram.Run("cp", "-r", Store.Root, Folder["layout"]);
        var source = Open($"oci:{Store.Root}");
        var manifest = (await source.ReadIndexAsync(image)).Manifests[0];
        var parts = await source.ReadManifestAsync(manifest);
        return Folder[file switch
        {
            "manifest" => BlobPath(manifest.Digest),
            "config" => BlobPath(parts.Config.Digest),
            "layer" => BlobPath(parts.Layers[0].Digest),
            _ => "layout/" + file,
        }];

        static string BlobPath(Digest digest) => $"layout/blobs/sha256/{digest.Hex}";
    }
}
