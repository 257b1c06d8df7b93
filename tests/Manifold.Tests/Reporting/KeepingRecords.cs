using System.Text;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Verification;

namespace Manifold.Tests.Reporting;

/// <summary>What the store keeps of builds, and what layers carry in vain.</summary>
public sealed class KeepingRecords : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void the_oldest_go_where_there_are_too_many()
    {
        using var store = Store.Open(folder["store"]);
        for (var i = 0; i < Limits.BuildRecords + 3; i++)
            store.Builds.Save($"20260101-{i:000000}-abcd", Encoding.UTF8.GetBytes("{}"));
        Assert.Equal(Limits.BuildRecords, store.Builds.List().Count);
        Assert.Equal($"20260101-{Limits.BuildRecords + 2:000000}-abcd", store.Builds.List()[0]);
        Assert.Null(store.Builds.TryRead("20260101-000000-abcd"));
    }

    [Fact]
    public async Task a_prune_keeps_records_within_their_bound()
    {
        using var store = Store.Open(folder["store"]);
        Directory.CreateDirectory(folder["store/builds"]);
        for (var i = 0; i < Limits.BuildRecords + 2; i++)
            await File.WriteAllTextAsync(Path.Combine(folder["store/builds"], $"20260101-{i:000000}-abcd.json"), "{}");
        var freed = (await new Prune(store, TimeProvider.System).RunAsync(new Prune.Options(All: true))).FreedBytes;
        Assert.Equal((Limits.BuildRecords, 4), (store.Builds.List().Count, freed));
    }

    [Theory, InlineData("../secret"), InlineData("latest"), InlineData("20260101-000000-abcd/../../x"), InlineData("")]
    public void a_name_that_is_none_leads_nowhere(string id)
    {
        using var store = Store.Open(folder["store"]);
        Assert.Null(store.Builds.TryRead(id));
    }

    [Fact]
    public void files_that_a_later_layer_hides_are_wasted()
    {
        var wasted = WastedFiles.Find([
            Table(File_("a", 10), File_("kept", 5), File_("d/x", 20), File_("d/y", 30), File_("e/z", 40), File_("gone", 3)),
            Table(File_("a", 11), Whiteout("gone"), new LayerEntry { Path = "e", Kind = EntryKind.Folder, Opaque = true }),
            Table(Whiteout("d"), File_("e/z", 1)),
        ]).Select(file => $"{file.Path} {file.Bytes} of {file.Layer} {(file.Deleted ? "deleted" : "replaced")} by {file.By}").Order();
        Assert.Equal(
            ["a 10 of 0 replaced by 1",
                "d/x 20 of 0 deleted by 2", "d/y 30 of 0 deleted by 2", "e/z 40 of 0 replaced by 2", "gone 3 of 0 deleted by 1"], wasted);
    }

    [Fact]
    public void a_folder_that_only_comes_again_hides_nothing() =>
        Assert.Empty(
            WastedFiles.Find([Table(File_("d/x", 20)), Table(new LayerEntry { Path = "d", Kind = EntryKind.Folder }, File_("d/y", 2))]));

    private static TableOfContents Table(params LayerEntry[] entries) => TableOfContents.Of(entries);

    private static LayerEntry File_(string path, long size) => new() { Path = path, Kind = EntryKind.File, Size = size };

    private static LayerEntry Whiteout(string path) => new() { Path = path, Kind = EntryKind.Whiteout };
}
