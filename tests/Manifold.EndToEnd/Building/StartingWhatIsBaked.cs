using Manifold.Content;
using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary><c>verify: {run: …}</c>: each platform of an image is started before the image gets its name.</summary>
public sealed class StartingWhatIsBaked : WithRuns
{
    /// <summary>An image whose start fails, and says why.</summary>
    private async Task<Workshop.Outcome> Bake(string verify, params string[] more)
    {
        var folder = shop.Context("FROM BASE\nENTRYPOINT [\"sh\", \"-c\", \"echo no database; exit 3\"]\n");
        File.WriteAllText(Path.Combine(folder, "manifold.yaml"),
            $"images: {{app: {{context: ., platforms: [linux/amd64], tags: [example.com/app:1], verify: {verify}}}}}\n");
        return await shop.Run(more, "bake", "-f", folder, "--progress", "plain");
    }

    private bool IsNamed()
    {
        using var store = Store.Open(shop.Root);
        return store.Tags.Find(ImageReference.Parse("example.com/app:1")) is not null;
    }

    [Theory]
    [InlineData("{run: []}")]
    [InlineData("{mode: strict, run: []}")]
    [InlineData("{mode: off, run: []}")]
    public async Task a_start_that_fails_refuses_the_image_also_where_nothing_else_is_looked_at(string verify)
    {
        var outcome = await Bake(verify);
        Assert.Equal(1, outcome.Code);
        Assert.Contains("app: the gate rejected the image for linux/amd64", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("exited with code 3: no database", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("bake again with --set app.verify=warn", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("allow", outcome.Error, StringComparison.Ordinal); // files have nothing to do with it
        Assert.False(IsNamed());
    }

    [Fact]
    public async Task a_start_that_fails_is_told_and_refuses_nothing_where_warnings_are_asked_for()
    {
        var outcome = (await Bake("{mode: warn, run: []}")).Succeeded();
        Assert.Contains("exited with code 3: no database [RunFailed]", outcome.Error, StringComparison.Ordinal);
        Assert.True(IsNamed());
    }

    [Fact]
    public async Task what_the_refusal_says_makes_the_image()
    {
        Assert.Equal(1, (await Bake("{mode: off, run: []}")).Code);
        (await Bake("{mode: off, run: []}", "--set", "app.verify=warn")).Succeeded();
        Assert.True(IsNamed());
    }

    [Fact]
    public async Task a_platform_that_may_fail_is_left_out_where_its_start_fails_and_nothing_else_is_looked_at()
    {
        var folder = shop.Context("FROM BASE\nENTRYPOINT [\"sh\", \"-c\", \"[ $(uname -m) = x86_64 ]\"]\n");
        File.WriteAllText(Path.Combine(folder, "manifold.yaml"),
            "images: {app: {context: ., platforms: {linux/amd64: {}, linux/arm64: {optional: "
                + "true}}, tags: [example.com/app:1], verify: {mode: off, run: []}}}\n");
        var outcome = (await shop.Run([], "bake", "-f", folder, "--progress", "plain")).Succeeded();
        Assert.Contains("app: the optional platform linux/arm64 failed", outcome.Error, StringComparison.Ordinal);
        Assert.True(IsNamed());
    }
}
