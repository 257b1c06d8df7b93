using Manifold.Content;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary>A project that stands on images of a real registry, whose tags move.</summary>
[Trait("kind", "end-to-end")]
public sealed class LockingAProject : IAsyncLifetime
{
    private readonly Workshop shop = new();
    private DebianRegistry registry = null!;

    public async ValueTask InitializeAsync()
    {
        registry = await DebianRegistry.StartAsync();
        await PushBase("first");
        Write("manifold.yaml", "platforms: [linux/amd64, linux/arm64]\nimages:\n  api: {context: api, tags: [example.com/api:1]}\n");
        Write("api/Dockerfile", "FROM BASE\nCOPY Dockerfile /\n");
    }

    public async ValueTask DisposeAsync()
    {
        shop.Dispose();
        await registry.DisposeAsync();
    }

    private string Folder => shop["project"];

    private string LockPath => Path.Combine(Folder, "manifold.lock");

    private string Base => $"{registry.Name}/base:1";

    private void Write(string path, string content)
    {
        var full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content.Replace("BASE", Base, StringComparison.Ordinal));
    }

    /// <summary>Publishes an image as the base, from a store of somebody else's.</summary>
    private async Task PushBase(string content, params string[] platforms)
    {
        using var others = new Workshop();
        var context = others.Context("FROM scratch\nCOPY content /\n", ("content", content));
        (await others.Build(context, "-t", Base, "--push",
            "--allow-platform-removal", "--platform", platforms.Length == 0 ? "linux/amd64,linux/arm64" : string.Join(',', platforms)))
            .Succeeded();
    }

    private Task<Workshop.Outcome> Lock(params string[] arguments) => shop.Run([.. arguments], "lock", "-f", Folder);

    private Task<Workshop.Outcome> Bake(params string[] arguments) => shop.Run([.. arguments], "bake", "-f", Folder, "--progress", "plain");

    /// <summary>The content of the base that the image was built on.</summary>
    private string BaseOf(string name = "example.com/api:1")
    {
        using var store = Store.Open(shop.Root);
        var index = ImageIndex.Parse(store.ReadDocument(store.Tags.Find(ImageReference.Parse(name))!.Digest));
        return Manifest.Parse(store.ReadDocument(index.Manifests[0].Digest)).Layers[0].Digest.ToString();
    }

    [Fact]
    public async Task a_tag_that_moved_is_not_followed_until_the_lock_is_renewed()
    {
        var made = (await Lock()).Succeeded();
        Assert.Contains($"pinned   {Base}  sha256:", made.Output, StringComparison.Ordinal);
        (await Bake("--locked")).Succeeded();
        var first = BaseOf();
        await PushBase("second");

        Assert.Contains("using only the images and sources that ", (await Bake("--locked")).Succeeded().Error, StringComparison.Ordinal);
        Assert.Equal(first, BaseOf());
        (await Bake()).Succeeded();
        Assert.Equal(first, BaseOf());
        Assert.Contains($"kept     {Base}", (await Lock()).Succeeded().Output, StringComparison.Ordinal);

        Assert.Contains("manifold.lock is ignored", (await Bake("--pull")).Succeeded().Error, StringComparison.Ordinal);
        var second = BaseOf();
        Assert.NotEqual(first, second);
        Assert.Contains($"updated  {Base}", (await Lock("--update")).Succeeded().Output, StringComparison.Ordinal);
        (await Bake("--locked")).Succeeded();
        Assert.Equal(second, BaseOf());
    }

    [Fact]
    public async Task a_plan_shows_what_is_locked()
    {
        (await Lock()).Succeeded();
        foreach (var outcome in new[] {
            await Bake("--plan", "--locked"), await shop.Run(["-f", Path.Combine(Folder, "manifold.yaml"), "--locked"], "plan") })
            Assert.Equal(2, outcome.Succeeded().Output.Split('\n')
                .Count(row => row.Contains(Base, StringComparison.Ordinal) && row.EndsWith("  locked", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task a_plan_takes_what_a_bake_takes_of_a_project_and_nothing_of_it_without_one()
    {
        var plan =
            (await shop.Run(["-f", Path.Combine(Folder, "manifold.yaml"), "--set", "platform=linux/arm64", "--set", "api.tags=2"], "plan"))
                .Succeeded().Output;
        Assert.Contains("linux/arm64", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("linux/amd64", plan, StringComparison.Ordinal);
        var missing = await shop.Run(["-f", Path.Combine(Folder, "manifold.yaml"), "--locked"], "plan");
        Assert.Equal(2, missing.Code);
        Assert.Contains("manifold.lock does not exist", missing.Error, StringComparison.Ordinal);
        var alone = await shop.Run([Path.Combine(Folder, "api"), "--locked"], "plan");
        Assert.Equal(2, alone.Code);
        Assert.Contains("--locked needs a project", alone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_is_not_pinned_is_refused_with_its_line_and_taken_with_a_word_where_that_is_allowed()
    {
        (await Lock()).Succeeded();
        Write("api/Dockerfile", $"FROM {registry.Name}/base:2\nCOPY --from=BASE /content /\n");
        var refused = await Bake("--locked");
        Assert.Equal(2, refused.Code);
        Assert.Contains($"api/Dockerfile:1: '{registry.Name}/base:2' (linux/amd64, linux/arm64). The file pins {Base}\n", refused.Error,
            StringComparison.Ordinal);
        Assert.Contains(", run: manifold lock -f ", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Dockerfile:2", refused.Error, StringComparison.Ordinal);

        (await shop.Run([], "copy", Base, $"{registry.Name}/base:2")).Succeeded();
        Assert.Contains("so its current version is used", (await Bake()).Succeeded().Error, StringComparison.Ordinal);
        Assert.Contains($"pinned   {registry.Name}/base:2", (await Lock()).Succeeded().Output, StringComparison.Ordinal);
        (await Bake("--locked")).Succeeded();
    }

    [Fact]
    public async Task a_platform_that_is_not_pinned_is_refused_and_one_that_may_fail_is_left_out()
    {
        (await Lock()).Succeeded();
        await PushBase("first", "linux/amd64", "linux/arm64", "linux/riscv64");
        Write("manifold.yaml",
            "images:\n  api: {context: api, platforms: {linux/amd64: {}, linux/riscv64: {}}, tags: [example.com/api:1]}\n");
        Assert.Contains("api/Dockerfile:1: '" + Base + "' (linux/riscv64)", (await Bake("--locked")).Error, StringComparison.Ordinal);

        Write("manifold.yaml",
            "images:\n  api: {context: api, platforms: {linux/amd64: {}, linux/riscv64: {optional: true}}, tags: [example.com/api:1]}\n");
        Assert.Contains("optional platform linux/riscv64 failed and is left out", (await Bake("--locked")).Succeeded().Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_image_that_is_taken_is_pinned_too()
    {
        Write("manifold.yaml", $"images:\n  api: {{platforms: {{linux/amd64: {{source: 'image:{Base}'}}}}, tags: [example.com/api:1]}}\n");
        Assert.Equal(2, (await Bake("--locked")).Code);
        (await Lock()).Succeeded();
        (await Bake("--locked")).Succeeded();
        var first = BaseOf();
        await PushBase("second");
        (await Bake("--locked")).Succeeded();
        Assert.Equal(first, BaseOf());
    }

    [Fact]
    public async Task the_file_is_the_same_for_the_same_project_and_drops_what_nobody_needs()
    {
        (await Lock()).Succeeded();
        var (text, written) = (await File.ReadAllTextAsync(LockPath, TestContext.Current.CancellationToken),
            File.GetLastWriteTimeUtc(LockPath));
        (await Lock("--update")).Succeeded();
        Assert.Equal(text, await File.ReadAllTextAsync(LockPath, TestContext.Current.CancellationToken));
        Assert.Equal(written, File.GetLastWriteTimeUtc(LockPath));
        Write("api/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        Assert.Contains($"dropped  {Base}\n", (await Lock()).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_lock_that_is_not_there_is_asked_for()
    {
        var outcome = await Bake("--locked");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("run: manifold lock -f ", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux/amd64: sha256:", "linux/amd64: sha256:0000000000000000000000000000000000000000000000000000000000000000 # ",
        "manifold.lock pins '")]
    [InlineData("version: 1", "<<<<<<< ours\nversion: 1", "manifold.lock:")]
    [InlineData("version: 1", "version: 7", "version '7'")]
    [InlineData("digest: sha256:", "digest: sha256:xyz", "is not a digest")]
    public async Task a_file_that_was_changed_by_hand_is_refused_with_what_mends_it(string old, string @new, string message)
    {
        (await Lock()).Succeeded();
        var text = await File.ReadAllTextAsync(LockPath, TestContext.Current.CancellationToken);
        var at = text.IndexOf(old, StringComparison.Ordinal);
        await File.WriteAllTextAsync(LockPath, text[..at] + @new + text[(at + old.Length)..], TestContext.Current.CancellationToken);
        var refused = await Bake("--locked");
        Assert.Equal(2, refused.Code);
        Assert.Contains(message, refused.Error, StringComparison.Ordinal);
        (await Lock("--update")).Succeeded();
        Assert.Equal(text, await File.ReadAllTextAsync(LockPath, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task a_branch_of_a_source_is_held_to_its_commit()
    {
        var origin = shop["origin"];
        await Tool.Run("git", "init", "--quiet", "--initial-branch=main", origin);
        await CommitAsync("one");
        Directory.Delete(Folder, recursive: true);
        Write("components/app/Dockerfile", "FROM scratch\nCOPY src/file /\n");
        Write("components/app/repo", origin + "\n");
        Write("components/app/commit", "main\n");
        shop.Set["ARCHITECTURES"] = "amd64";
        shop.Set["DEST_REGISTRY"] = "example.com/side";

        Assert.Contains($"pinned   {origin}#main  ", (await Lock()).Succeeded().Output, StringComparison.Ordinal);
        await CommitAsync("two");
        (await Bake("--locked")).Succeeded();
        Assert.Equal("one",
            await File.ReadAllTextAsync(Path.Combine(Folder, "components/app/src/file"), TestContext.Current.CancellationToken));
        (await Lock("--update")).Succeeded();
        (await Bake("--locked")).Succeeded();
        Assert.Equal("two",
            await File.ReadAllTextAsync(Path.Combine(Folder, "components/app/src/file"), TestContext.Current.CancellationToken));

        Write("components/app/commit", "other\n");
        Assert.Contains($"the source '{origin}#other'", (await Bake("--locked")).Error, StringComparison.Ordinal);

        async Task CommitAsync(string content)
        {
            await File.WriteAllTextAsync(Path.Combine(origin, "file"), content, TestContext.Current.CancellationToken);
            await Tool.Run("git", "-C", origin, "add", "file");
            await Tool.Run("git",
                "-C", origin, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", content);
        }
    }
}
