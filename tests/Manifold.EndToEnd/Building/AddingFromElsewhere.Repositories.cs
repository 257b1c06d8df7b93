using System.Diagnostics;
using System.Formats.Tar;

namespace Manifold.EndToEnd.Building;

/// <summary>ADD of git repositories.</summary>
public sealed partial class AddingFromElsewhere
{
    [Fact]
    public async Task a_repository_is_added_at_its_ref_and_folder()
    {
        var address = Repository();

        var files = await FilesOf(shop.Context($"""
            FROM scratch
            ADD {address}#v1:sub /tag/
            ADD {address}#main:sub /branch/
            ADD {address} /head
            ADD --keep-git-dir=true {address}#v1 /git/
            """));

        Assert.Equal("644 0:0 one\n", Describe(files["tag/f"]));
        Assert.Equal("644 0:0 two\n", Describe(files["branch/f"]));
        Assert.Equal("755 0:0 run\n", Describe(files["head/run.sh"]));
        Assert.Equal(TarEntryType.SymbolicLink, files["branch/link"].Type);
        Assert.DoesNotContain("head/.git", files.Keys);
        Assert.Contains("git/.git/HEAD", files.Keys);
    }

    [Fact]
    public async Task a_git_that_knows_one_kind_of_hashes_fetches_repositories()
    {
        var real = (await Tool.Run("sh", "-c", "command -v git")).Trim();
        var old =
            shop.Write("old/git", $"#!/bin/sh\nfor word; do case $word in --object-format*) exit 129;; esac; done\nexec {real} \"$@\"\n");
        File.SetUnixFileMode(old, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo("env",
            [$"PATH={shop["old"]}:{Environment.GetEnvironmentVariable("PATH")}", "MANIFOLD_ROOT=" + shop.Root,
                "GIT_DEFAULT_HASH=sha256", .. OurProgram.Words, "build", "--verify", "off",
                $"{Repository()}#main:sub"])
        {
            RedirectStandardError = true,
        };
        using var build = Process.Start(start)!;
        var error = await build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync();
        Assert.True(build.ExitCode == 0, error);
    }

    [Theory]
    [InlineData("#nosuch", "the repository has no branch or tag 'nosuch'")]
    [InlineData("#main:nosuch", "the commit has no folder 'nosuch'")]
    public async Task a_ref_or_folder_that_is_not_there_is_named(string fragment, string message)
    {
        var outcome = await shop.Build(shop.Context($"FROM scratch\nADD {Repository()}{fragment} /\n"));

        Assert.Equal(1, outcome.Code);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>Source: BuildKit's testAddGit, with both kinds of hashes.</summary>
    [Theory, InlineData("sha1"), InlineData("sha256")]
    public async Task a_commit_is_the_checksum_of_a_repository(string format)
    {
        var address = Repository(format);
        var (tagged, head, tag) = (HashOf(address, "v1^{}"), HashOf(address, "main"), HashOf(address, "v1"));

        var files = await FilesOf(
            shop.Context(
                $"FROM scratch\nADD --checksum={tagged} {address}#v1:sub /a/\nADD --checksum={tag[..12]} {address}#v1:sub /b/\nARG SUM\n"
                    + $"ADD --keep-git-dir --chown=42:84 --checksum=$SUM {address}#{head} /c/\nADD --checksum={head} {address} /d/\n"),
            [], "--build-arg", $"SUM={head}");

        Assert.Equal(["644 0:0 one\n", "644 0:0 one\n", "644 42:84 two\n"],
            new[] { "a/f", "b/f", "c/sub/f" }.Select(path => Describe(files[path])));
        Assert.Contains("c/.git/HEAD", files.Keys);
        foreach (var (name, sum) in new[] { ("v1", head), (head, tagged), ("main", tagged) })
        {
            var wrong = await shop.Build(shop.Context($"FROM scratch\nADD --checksum={sum} {address}#{name} /\n"));
            Assert.Equal(1, wrong.Code);
            Assert.Contains($"but the checksum says {sum}", wrong.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>Source: BuildKit's testGitQueryString.</summary>
    [Fact]
    public async Task the_query_of_a_repositorys_address_says_what_is_fetched()
    {
        var address = Repository();
        var (tagged, head) = (HashOf(address, "v1^{}"), HashOf(address, "main"));

        var files = await FilesOf(shop.Context($"""
            FROM scratch
            ADD {address}?ref=v1&subdir=sub /ref/
            ADD {address}?tag=v1&commit={tagged}#refs/tags/v1:sub /tag/
            ADD {address}?branch=main&subdir=sub&commit={head[..8]} /branch/
            ADD {address}?keep-git-dir=true /git/
            ADD {address}?keep-git-dir&submodules=false&ref={head} /head/
            """));

        Assert.Equal(["one\n", "one\n", "two\n"], new[] { "ref/f", "tag/f", "branch/f" }.Select(path => files[path].Content));
        Assert.Equal([head, head], new[] { "git/.git/HEAD", "head/.git/HEAD" }.Select(path => files[path].Content.Trim()));
    }

    [Theory]
    [InlineData("?tag=v1&commit=HEAD", "but the checksum says")]
    [InlineData("?branch=v1", "has no branch or tag 'refs/heads/v1'")]
    [InlineData("?ref=SHORT", "has no branch or tag")]
    [InlineData("?tag=v1#refs/heads/main", "only one of them")]
    [InlineData("?tag=v1&branch=main", "only one of them")]
    [InlineData("?ref=", "'ref' in the query has no value")]
    [InlineData("?reff=v1", "'reff' is not supported in the query")]
    [InlineData("?keep-git-dir=perhaps", "expected true or false")]
    [InlineData("?subdir=../x", "expected a folder")]
    public async Task a_query_that_cannot_be_is_refused(string query, string message)
    {
        var address = Repository();
        var head = HashOf(address, "main");
        var asked = address + query.Replace("HEAD", head, StringComparison.Ordinal).Replace("SHORT", head[..8], StringComparison.Ordinal);

        var added = await shop.Build(shop.Context($"FROM scratch\nADD {asked} /\n"));
        var built = await shop.Build(asked);

        Assert.All(new[] { added, built }, outcome => Assert.NotEqual(0, outcome.Code));
        Assert.All(new[] { added, built }, outcome => Assert.Contains(message, outcome.Error, StringComparison.Ordinal));
    }

    /// <summary>A repository that the server hands out file by file: a tag v1, and main after it.</summary>
    private string Repository(string format = "sha1")
    {
        var work = shop[$"work-{Guid.NewGuid():N}"];
        var served = Directory.CreateDirectory(shop["served"]).FullName;
        Directory.CreateDirectory(Path.Combine(work, "sub"));
        Git(work, "init", "-q", "-b", "main", $"--object-format={format}");
        File.WriteAllText(Path.Combine(work, "run.sh"), "run\n");
        File.SetUnixFileMode(Path.Combine(work, "run.sh"), (UnixFileMode)0x1ED);
        File.WriteAllText(Path.Combine(work, "sub/f"), "one\n");
        File.CreateSymbolicLink(Path.Combine(work, "sub/link"), "f");
        Commit(work, "one");
        Git(work, "-c", "user.email=a@example.com", "-c", "user.name=a", "tag", "-a", "-m", "v1", "v1");
        File.WriteAllText(Path.Combine(work, "sub/f"), "two\n");
        File.WriteAllText(Path.Combine(work, "sub/Dockerfile"), "FROM scratch\nCOPY f /of-git\n");
        Commit(work, "two");
        var name = $"{Guid.NewGuid():N}.git";
        Git(served, "clone", "-q", "--bare", work, name);
        Git(Path.Combine(served, name), "update-server-info");
        server.Folder = served;
        return $"{server.Address}/{name}";
    }

    /// <summary>The commit, or the tag's object, that a name of the repository stands for.</summary>
    private string HashOf(string repository, string name)
    {
        var folder = Path.Combine(shop["served"], repository[(repository.LastIndexOf('/') + 1)..]);
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", folder, "rev-parse", name])
        {
            RedirectStandardOutput = true,
        })!;
        return git.StandardOutput.ReadToEnd().Trim();
    }

    private static void Commit(string work, string message)
    {
        Git(work, "add", ".");
        Git(work, "-c", "user.email=a@example.com", "-c", "user.name=a", "commit", "-q", "-m", message);
    }

    private static void Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-C", folder, .. arguments]) { RedirectStandardError = true };
        (start.Environment["GIT_AUTHOR_DATE"], start.Environment["GIT_COMMITTER_DATE"]) = ("1600000000 +0000", "1600000000 +0000");
        using var git = Process.Start(start)!;
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, error);
    }
}
