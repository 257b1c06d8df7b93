using System.Text.Json.Nodes;
using Manifold.Content;

namespace Manifold.EndToEnd.Building;

/// <summary>A project of which each image is not reproducible for a reason of its own, built twice once for all.</summary>
public sealed class TwoBuilds : IAsyncLifetime
{
    private readonly Workshop shop = new();

    public string Text { get; private set; } = "";
    public string Page { get; private set; } = "";
    public JsonNode Report { get; private set; } = null!;
    public int Code { get; private set; }
    public string[] NamesAfterwards { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        await Workshop.NeedBusyBox();
        foreach (var (path, content) in Files)
        {
            var full = shop[Path.Combine("project", path)];
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            await File.WriteAllTextAsync(full, content.Replace("BASE", Workshop.BusyBox, StringComparison.Ordinal));
        }
        var outcome =
            await shop.Run([], "bake", "-f", shop["project"], "--verify-reproducible", "--progress", "plain", "--report", shop["report"]);
        Assert.True(File.Exists(shop["report/reproducibility.json"]), outcome.Error);
        (Text, Code) = (outcome.Output + outcome.Error, outcome.Code);
        Report = JsonNode.Parse(await File.ReadAllTextAsync(shop["report/reproducibility.json"]))!;
        Page = await File.ReadAllTextAsync(shop["report/reproducibility.html"]);
        using var store = Store.Open(shop.Root);
        NamesAfterwards = [.. store.Tags.List().Select(image => image.Name.ToString())];
    }

    public ValueTask DisposeAsync()
    {
        shop.Dispose();
        return ValueTask.CompletedTask;
    }

    private static readonly (string Path, string Content)[] Files =
    [
        ("manifold.yaml", """
            platforms: [linux/amd64]
            tags: [example.com/all:1]
            images:
              honest: {context: honest, platforms: [linux/amd64, linux/arm64], tags: [example.com/honest:1]}
              above: {context: above, platforms: [linux/amd64, linux/arm64], tags: [example.com/above:1]}
              dated: {context: dated, tags: [example.com/dated:1]}
              on-dated: {context: on-dated, tags: [example.com/on-dated:1]}
              stages: {context: stages, tags: [example.com/stages:1]}
              random: {context: random, tags: [example.com/random:1]}
              unordered: {context: unordered, tags: [example.com/unordered:1]}
              daily: {context: daily, tags: [example.com/daily:1]}
              once: {context: once, tags: [example.com/once:1]}
              placed:
                context: placed
                tags: [example.com/placed:1]
                before: {run: "mkdir -p out && pwd > out/where", inputs: [nothing], outputs: [out/where]}
            """),
        ("honest/Dockerfile", "FROM BASE\nRUN mkdir /d && for i in 1 2 3; do echo $i > /d/$i; done\n"
            + "RUN touch /d/4 && tar cf - /d | wc -c > /size\nCOPY Dockerfile /\n"),
        ("above/Dockerfile", "FROM example.com/honest:1\nRUN sha256sum /d/* > /sums\n"),
        ("dated/Dockerfile", "FROM BASE\nRUN date > /built\n"),
        ("on-dated/Dockerfile", "FROM example.com/dated:1\nCOPY Dockerfile /\n"),
        ("stages/Dockerfile", "FROM BASE AS build\nRUN date +%s > /stamp\nFROM BASE\nCOPY --from=build /stamp /opt/stamp\n"),
        ("random/Dockerfile",
            "FROM BASE\nRUN cat /proc/sys/kernel/random/uuid > /id\nRUN head -c 12 /dev/urandom | sha256sum | head -c 24 > /seed\n"),
        ("unordered/Dockerfile",
            "FROM BASE\nRUN mkdir /d && for i in $(seq 40); do touch -d @0 /d/$i; done\nRUN tar cf /all.tar $(ls /d/* | shuf)\n"),
        ("daily/Dockerfile", "FROM BASE\nRUN date +%F > /day\nRUN date +%H:%M > /minute\n"),
        ("once/Dockerfile", "FROM BASE\nRUN mktemp /left.XXXXXX\n"),
        ("placed/Dockerfile", "FROM BASE\nCOPY out/where /\n"),
    ];
}

[Trait("kind", "end-to-end")]
public sealed class BuildingTwice(TwoBuilds builds) : IClassFixture<TwoBuilds>
{
    private JsonNode Step(string image, string instruction) =>
        Assert.Single(builds.Report["steps"]!.AsArray(),
            step => (string)step!["image"]! == image && ((string)step["name"]!).Contains(instruction, StringComparison.Ordinal))!;

    private static JsonNode File(JsonNode step, string path) =>
        Assert.Single(step["files"]!.AsArray(), file => (string)file!["path"]! == path)!;

    [Theory]
    [InlineData("dated", "RUN date", "Dockerfile:2", "built", "TimeStamp")]
    [InlineData("stages", "RUN date +%s", "Dockerfile:2", "stamp", "TimeStamp")]
    [InlineData("random", "RUN cat", "Dockerfile:2", "id", "Random")]
    [InlineData("random", "RUN head", "Dockerfile:3", "seed", "Random")]
    [InlineData("unordered", "RUN tar", "Dockerfile:3", "all.tar", "Order")]
    [InlineData("daily", "RUN date +%F", "Dockerfile:2", "day", "TimeStamp")]
    [InlineData("daily", "RUN date +%H:%M", "Dockerfile:3", "minute", "TimeStamp")]
    [InlineData("placed", "COPY out/where", "Dockerfile:2", "where", "Path")]
    public void a_difference_is_told_with_its_file_its_step_and_its_cause(
        string image, string instruction, string place, string path, string cause)
    {
        var step = Step(image, instruction);
        Assert.EndsWith(place, (string)step["place"]!, StringComparison.Ordinal);
        Assert.Equal(cause, (string)File(step, path)["cause"]!["kind"]!);
        Assert.Contains($"  /{path}: ", builds.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void a_copy_of_what_differs_already_is_not_blamed() =>
        Assert.DoesNotContain(builds.Report["steps"]!.AsArray(),
            step => ((string)step!["name"]!).Contains("COPY --from", StringComparison.Ordinal));

    [Fact]
    public void a_step_on_what_differs_already_says_so() => Assert.True((bool)Step("random", "RUN head")["standsOnDifferences"]!);

    [Fact]
    public void an_image_that_stands_on_another_is_told_to_stand_on_it_and_has_no_step_of_its_own()
    {
        Assert.Equal("dated", (string)Image("on-dated")["below"]![0]!);
        Assert.DoesNotContain(builds.Report["steps"]!.AsArray(), step => (string)step!["image"]! == "on-dated");
        Assert.Matches(@"\non-dated .* dated, .*differs", builds.Text);
    }

    [Fact]
    public void a_file_that_is_there_once_is_told_for_each_time() =>
        Assert.Equal(["OnlyFirst", "OnlySecond"], Step("once", "RUN mktemp")["files"]!.AsArray()
            .Where(file => ((string)file!["path"]!).StartsWith("left.", StringComparison.Ordinal))
            .Select(file => (string)file!["change"]!).Order());

    [Fact]
    public void what_a_hook_made_names_the_hook() =>
        Assert.Contains("pwd > out/where", (string)File(Step("placed", "COPY out/where"), "where")["hook"]!, StringComparison.Ordinal);

    [Fact]
    public void an_entry_of_an_archive_is_told_by_both_names() =>
        Assert.Equal("(list of entries)", (string)File(Step("unordered", "RUN tar"), "all.tar")["content"]!["inside"]!);

    [Theory, InlineData("honest"), InlineData("above")]
    public void honest_images_are_the_same_on_both_platforms_also_above_a_sibling(string name)
    {
        var image = Image(name);
        Assert.Equal((string)image["first"]!, (string)image["second"]!);
        Assert.Equal(["linux/amd64", "linux/arm64"], image["platforms"]!.AsArray().Select(platform => (string)platform!["platform"]!));
        Assert.All(image["platforms"]!.AsArray(), platform => Assert.True((bool)platform!["isSame"]!));
    }

    [Fact]
    public void it_fails_and_counts_and_leaves_no_name_behind()
    {
        Assert.Equal(1, builds.Code);
        Assert.Contains("2 of 10 images are reproducible", builds.Text, StringComparison.Ordinal);
        Assert.Empty(builds.NamesAfterwards);
    }

    [Fact]
    public void the_two_builds_differed_in_time_place_and_parallelism()
    {
        var (first, second) = (builds.Report["first"]!, builds.Report["second"]!);
        Assert.NotEqual((string)first["folder"]!, (string)second["folder"]!);
        Assert.NotEqual((int)first["jobs"]!, (int)second["jobs"]!);
        Assert.NotEqual((string?)first["timeZone"], (string?)second["timeZone"]);
        Assert.True((DateTimeOffset)second["began"]! - (DateTimeOffset)first["began"]! > TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void the_page_tells_each_file_with_its_cause()
    {
        foreach (var told in new[] { "Not reproducible", "<code>/built</code>", "a timestamp", "made by the hook ", "TZ=" })
            Assert.Contains(told, builds.Page, StringComparison.Ordinal);
        // the step that copied it did what it was told
        Assert.DoesNotContain("<code>/opt/stamp</code>", builds.Page, StringComparison.Ordinal);
    }

    private JsonNode Image(string name) => Assert.Single(builds.Report["images"]!.AsArray(), image => (string)image!["name"]! == name)!;
}
