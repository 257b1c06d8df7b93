using Manifold.Dockerfile;
using Manifold.Projects;

namespace Manifold.EndToEnd.Projects;

public sealed class CheckingOutASource : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    private string Repository => folder["origin"];

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Repository);
        await Origin("init", "--quiet", "--initial-branch=main");
        await Commit("one");
        await Origin("tag", "v1.0");
        await Commit("two");
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task it_is_cloned_at_its_commit_and_described_by_its_tag()
    {
        var source = await Prepare("v1.0");

        Assert.Equal("one", File.ReadAllText(folder["src/file"]));
        Assert.Equal("v1.0", source.Version);
        Assert.StartsWith("v1.0-1-g", (await Prepare("main")).Version, StringComparison.Ordinal);
        Assert.Equal("two", File.ReadAllText(folder["src/file"]));
    }

    [Fact]
    public async Task what_an_earlier_run_patched_is_thrown_away_and_what_git_ignores_stays()
    {
        folder.Write("origin/.gitignore", "cache\n");
        await Commit("three");
        await Prepare("main");
        folder.Write("src/file", "patched");
        folder.Write("src/added/by-a-patch", "");
        folder.Write("src/cache", "kept");

        await Prepare("main");

        Assert.Equal("three", File.ReadAllText(folder["src/file"]));
        Assert.False(Directory.Exists(folder["src/added"]));
        Assert.True(File.Exists(folder["src/cache"]));
    }

    [Fact]
    public async Task a_commit_that_is_there_needs_no_network()
    {
        var head = (await Origin("rev-parse", "HEAD")).Trim();
        await Prepare(head);
        Directory.Move(Repository, folder["gone"]);

        Assert.Equal(head, (await Prepare(head)).Commit);
    }

    [Fact]
    public async Task a_branch_that_moved_is_followed()
    {
        await Prepare("main");
        await Commit("three");

        await Prepare("main");
        Assert.Equal("three", File.ReadAllText(folder["src/file"]));
        await Commit("four");
        await Prepare(null);
        Assert.Equal("four", File.ReadAllText(folder["src/file"]));
    }

    [Fact]
    public async Task a_folder_that_is_no_checkout_is_left_alone()
    {
        await Tool.Run("git", "init", "--quiet", folder.Path); // git would find this one
        folder.Write("src/mine", "precious");

        var refusal = await Assert.ThrowsAsync<SourceCheckoutException>(() => Prepare("main"));

        Assert.Contains("Move the folder", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(folder["src/mine"]));
    }

    [Fact]
    public async Task a_killed_clone_is_begun_anew()
    {
        folder.Write("src.partial/.git/half", "");

        await Prepare("main");

        Assert.Equal("two", File.ReadAllText(folder["src/file"]));
        Assert.False(Directory.Exists(folder["src.partial"]));
    }

    [Fact]
    public async Task an_unknown_commit_is_told_with_the_file_and_without_the_password()
    {
        var refusal = await Assert.ThrowsAsync<SourceCheckoutException>(() => Prepare("v9"));
        Assert.EndsWith("has no commit, tag or branch 'v9'.", refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("components/x/repo:1:1: ", refusal.Message, StringComparison.Ordinal);

        refusal = await Assert.ThrowsAsync<SourceCheckoutException>(() => GitCheckout.PrepareAsync(
            new SourceCheckout
            {
                Repository = "http://user:s3cret@127.0.0.1:1/x.git",
                Folder =
                    folder["other"],
                Place = new Place("components/x/repo", 1, 1, 1),
            }, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("s3cret", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["other"]));
    }

    [Fact]
    public async Task a_folder_without_a_repository_is_only_described()
    {
        folder.Write("src/file", "mine");
        var source = new SourceCheckout { Folder = folder["src"], Place = new Place("components/x/src", 1, 1, 1) };

        Assert.Equal(new CheckedOutSource(null, null), await GitCheckout.PrepareAsync(source, TestContext.Current.CancellationToken));
    }

    private Task<CheckedOutSource> Prepare(string? commit) => GitCheckout.PrepareAsync(
        new SourceCheckout
        {
            Repository = Repository,
            Commit = commit,
            Folder = folder["src"],
            VersionArgument = "VERSION",
            Place = new Place("components/x/repo", 1, 1, 1),
        }, TestContext.Current.CancellationToken);

    private async Task Commit(string content)
    {
        folder.Write("origin/file", content);
        await Origin("add", "--all");
        await Origin("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", content);
    }

    private Task<string> Origin(params string[] arguments) => Tool.Run("git", ["-C", Repository, .. arguments]);
}
