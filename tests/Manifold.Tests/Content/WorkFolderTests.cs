using Manifold.Content;
using Manifold.Linux;

namespace Manifold.Tests.Content;

/// <summary>A work folder whose owner was killed: what still runs there is ended before anything of it is deleted.</summary>
public sealed class SweepingWorkFolders : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<(string Path, bool HasNote)> swept = [];

    public void Dispose() => folder.Dispose();

    /// <summary>The ways on which a process first needs a folder of its own.</summary>
    public static TheoryData<string> Ways => ["prune", "pull", "document", "cache mount", "work"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task the_sweeper_is_called_once_before_the_folder_goes_whoever_comes(string way)
    {
        var dead = Abandon("dead");
        using (var store = Store.Open(folder["store"], Sweep))
        {
            await ComeAsync(store, way);
            Assert.Equal((dead, true), Assert.Single(swept));
            Assert.Empty(Left("dead"));
        }
        Assert.Single(swept);
        Assert.Empty(Directory.GetFileSystemEntries(folder["store/work"]));
    }

    [Fact]
    public async Task who_only_measures_leaves_it_to_others()
    {
        Abandon("dead");
        using (var store = Store.Open(folder["store"], Sweep))
            await new Prune(store, TimeProvider.System).MeasureAsync();
        Assert.Empty(swept);
        Assert.Equal(2, Left("dead").Length);
    }

    [Fact]
    public void a_living_owner_is_left_alone()
    {
        Abandon("living");
        using var owner = FileLock.TryTake(folder["store/work/living.lock"]);
        WorkFolder.Claim(folder["store/work"], Sweep).Dispose();
        Assert.Empty(swept);
        Assert.Equal(2, Left("living").Length);
    }

    [Fact]
    public void each_folder_is_swept_by_itself()
    {
        string[] dead = [Abandon("one"), Abandon("two")];
        WorkFolder.Claim(folder["store/work"], Sweep).Dispose();
        Assert.Equal(dead, swept.Select(each => each.Path).Order());
    }

    [Fact]
    public void a_store_inside_is_swept_before_the_folder_that_holds_it()
    {
        var dead = Abandon("dead");
        string[] inner = [Abandon("dead/stores/1/work/a"), Abandon("dead/stores/2/work/b")];
        WorkFolder.Claim(folder["store/work"], Sweep).Dispose();
        Assert.All(swept, each => Assert.True(each.HasNote));
        Assert.Equal(inner, swept.SkipLast(1).Select(each => each.Path).Order());
        Assert.Equal(dead, swept[^1].Path);
        Assert.Empty(Left("dead"));
    }

    [Fact]
    public void a_folder_stays_while_something_of_a_store_inside_does()
    {
        var dead = Abandon("dead");
        Abandon("dead/stores/1/work/held");
        using (FileLock.TryTake(Path.Combine(dead, "stores/1/work/held.lock")))
            WorkFolder.Claim(folder["store/work"], Sweep).Dispose();
        Assert.Empty(swept);
        WorkFolder.Claim(folder["store/work"], Sweep).Dispose();
        Assert.Equal(2, swept.Count);
        Assert.Empty(Left("dead"));
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(UnauthorizedAccessException))]
    public void where_the_sweeper_fails_the_folder_stays_with_its_note_until_another_succeeds(Type failure)
    {
        var (dead, other) = (Abandon("dead"), Abandon("other"));
        WorkFolder.Claim(folder["store/work"], path =>
        {
            if (path == dead)
                throw (Exception)Activator.CreateInstance(failure)!;
        }).Dispose();
        Assert.True(File.Exists(Path.Combine(dead, "control-group")));
        Assert.Equal(2, Left("dead").Length);
        Assert.False(Path.Exists(other)); // one failure does not keep another folder

        WorkFolder.Claim(folder["store/work"], Sweep).Dispose();

        Assert.Equal((dead, true), Assert.Single(swept));
        Assert.Empty(Directory.GetFileSystemEntries(folder["store/work"]));
    }

    [Fact]
    public void a_mistake_in_the_sweeper_is_heard_and_deletes_nothing()
    {
        var dead = Abandon("dead");
        Assert.Throws<InvalidOperationException>(() => WorkFolder.Claim(folder["store/work"], _ => throw new InvalidOperationException()));
        Assert.True(File.Exists(Path.Combine(dead, "control-group")));
        WorkFolder.Claim(folder["store/work"], Sweep).Dispose();
        Assert.Single(swept);
    }

    private static async Task ComeAsync(Store store, string way)
    {
        switch (way)
        {
            case "prune":
                await new Prune(store, TimeProvider.System).RunAsync(new());
                break;
            case "pull": // as of a base that a build fetches before anything of it knows about RUNs
                await using (var blob = store.CreateBlob())
                    blob.Write("x"u8);
                break;
            case "document":
                await store.WriteAsync("{}"u8.ToArray(), "a/b");
                break;
            case "cache mount":
                var mounts = new CacheFolders(store, TimeProvider.System);
                (await mounts.TakeAsync("id", CacheUse.Shared, _ => { }, null, CancellationToken.None)).Dispose();
                break;
            default:
                _ = store.WorkFolder;
                break;
        }
    }

    private void Sweep(string path) => swept.Add((path, File.Exists(Path.Combine(path, "control-group"))));

    /// <summary>As a killed process leaves its folder: with a claim that nobody holds, and what its RUN noted.</summary>
    private string Abandon(string name)
    {
        folder.Write($"store/work/{name}.lock", "");
        return Path.GetDirectoryName(folder.Write($"store/work/{name}/control-group", "/a/group"))!;
    }

    private string[] Left(string name) => Directory.GetFileSystemEntries(folder["store/work"], name + "*");
}
