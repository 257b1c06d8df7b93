using System.Text.RegularExpressions;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Tests.Content;

/// <summary>The folders of the store are named in one type; what is in them is measured and pruned.</summary>
public sealed partial class LayingOutTheStore : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;
    private readonly ManualTime time = new();

    public LayingOutTheStore() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string> Names => [.. new StoreLayout("/").Folders.Select(each => each.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task what_is_old_and_unused_in_a_folder_is_measured_and_pruned(string name)
    {
        var known = store.Layout.Folders.Single(each => each.Name == name);
        var (path, bytes) = AddOld(known);

        var usage = await new Prune(store, time).MeasureAsync();
        var result = await new Prune(store, time).RunAsync(new(All: true));

        Assert.Equal((bytes, bytes), (usage.PruneAllFrees, result.FreedBytes));
        Assert.Equal(known.Removal.Removes, !Path.Exists(path));
        Assert.Empty(result.Faults);
    }

    [Fact]
    public async Task one_prune_empties_every_folder_but_those_whose_owners_do_so()
    {
        var added = store.Layout.Folders.Select(each => (Folder: each, AddOld(each).Path)).ToList();

        await new Prune(store, time).RunAsync(new(All: true));

        Assert.Equal(["publications", "work"], added.Where(each => Path.Exists(each.Path)).Select(each => each.Folder.Name));
    }

    [Fact]
    public void every_member_is_in_the_list()
    {
        var members = typeof(StoreLayout).GetProperties().Where(member => member.PropertyType == typeof(StoreFolder))
            .Select(member => (StoreFolder)member.GetValue(store.Layout)!).ToList();
        Assert.Equal(members.ToHashSet(), store.Layout.Folders.ToHashSet());
        Assert.Equal(members.Count, members.DistinctBy(member => member.Path).Count());
    }

    [Fact]
    public void records_go_before_the_content_that_they_name()
    {
        var kinds = store.Layout.Folders.Select(each => each.Removal).ToList();
        Assert.True(kinds.FindLastIndex(kind => kind is RecordRemoval or MountRemoval) < kinds.FindIndex(kind => kind is LayerRemoval));
        Assert.True(kinds.FindLastIndex(kind => kind is LayerRemoval) < kinds.FindIndex(kind => kind is BlobRemoval));
    }

    [Fact]
    public async Task records_of_a_version_that_had_another_folder_go_too()
    {
        var path = Old(folder.Write("store/cache/of-an-older-version/deep/record", "12345"));
        Assert.Equal(5, (await new Prune(store, time).RunAsync(new(All: true))).FreedBytes);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void no_other_source_file_names_a_folder()
    {
        Assert.Matches(NamesAFolder(), "Path.Combine(tools.Store.Root, \"cache\")");
        Assert.Matches(NamesAFolder(), "$\"{store.Root}/cache\"");
        var offences =
            from source in new[] { "src", "bench" }
            from file in Directory.EnumerateFiles(Path.Combine(Cases.Repository, source), "*.cs", SearchOption.AllDirectories)
            where !file.Contains("/obj/", StringComparison.Ordinal) && !file.EndsWith("/StoreLayout.cs", StringComparison.Ordinal)
            from line in File.ReadLines(file)
            where NamesAFolder().IsMatch(line)
            select $"{file}: {line.Trim()}";
        Assert.Empty(offences);
    }

    [Fact]
    public void the_documentation_has_the_same_folders_with_the_same_content()
    {
        var page = File.ReadLines(Path.Combine(Cases.Repository, "docs", "how-a-build-runs.md"));
        var rows = page.Select(line => Row().Match(line)).Where(row => row.Success)
            .ToDictionary(row => row.Groups["name"].Value, row => Link().Replace(row.Groups["holds"].Value, "${text}"));
        Assert.Equal(store.Layout.Folders.ToDictionary(each => each.Name, each => each.Holds), rows);
    }

    /// <summary>Puts something old and unused into a folder. Returns its bytes, as a prune counts them.</summary>
    private (string Path, long Bytes) AddOld(StoreFolder into)
    {
        var hex = Digest.Of(into.Name).Hex;
        return into.Removal switch
        {
            RecordRemoval => (Add("old.json"), 5),
            MountRemoval => (Path.GetDirectoryName(Add($"{hex}/0/file"))!, 5),
            LayerRemoval => (Add(hex), 5),
            FixupRemoval => (Path.GetDirectoryName(Add($"{hex}/fs"))!, 0),
            BlobRemoval or TransferRemoval => (Add($"sha256/{hex}"), 5),
            PushRemoval => (Add("app/_uploads/0123"), 5),
            DownloadRemoval => (Path.GetDirectoryName(Add($"{hex}/file"))!, 5),
            BuildRecordRemoval => (AddBuilds(), 5),
            RemovedByOwner => (Add("other"), 0),
            _ => throw new ArgumentException($"Add a sample for {into.Removal.GetType().Name}, and a line about it to du."),
        };

        string Add(string name) => Old(folder.Write($"store/{into.Name}/{name}", "12345"));

        string AddBuilds()
        {
            for (var i = 1; i <= Limits.BuildRecords; i++)
                Add($"20260101-000000-{i:x4}.json");
            return Add("20250101-000000-0000.json");
        }
    }

    private static string Old(string path)
    {
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        return path;
    }

    [GeneratedRegex(@"(Combine\(|\{)\s*([\w.]+\.)?([sS]tore\.Root|StoreRoot)(,|\}/)|Combine\(Root, ""|new StoreFolders?\(")]
    private static partial Regex NamesAFolder();

    [GeneratedRegex(@"^\| `(?<name>[\w/-]+)/` \| (?<holds>.+) \|\z")]
    private static partial Regex Row();

    [GeneratedRegex(@"\[(?<text>[^]]*)\]\([^)]*\)")]
    private static partial Regex Link();
}
