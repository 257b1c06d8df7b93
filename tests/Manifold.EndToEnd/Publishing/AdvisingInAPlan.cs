using System.Text.Json.Nodes;
using Manifold.Content;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Publishing;

/// <summary>Advice in <c>manifold plan</c> and <c>--check</c>, of one image and of a project, with a real registry.</summary>
public sealed class AdvisingInAPlan : IAsyncLifetime
{
    private static readonly Platform Foreign = Platform.Parse(Platform.Host.Architecture == "arm64" ? "linux/amd64" : "linux/arm64");

    private readonly Workshop shop = new();
    private readonly RegistryClient client = new(new RegistryOptions());
    private DebianRegistry registry = null!;

    public async ValueTask InitializeAsync()
    {
        registry = await DebianRegistry.StartAsync();
        using var store = Store.Open(shop["bases"]);
        foreach (var name in new[] { "golang:1.22.3", "golang:1.22.9", "golang:1.23.1", "debian:12.5", "debian:12.6" })
            await client.PushAsync(store, await SampleImages.WriteIndexAsync(store, name, "linux/amd64", "linux/arm64"),
                ImageReference.Parse($"{registry.Name}/{name}"));
        Assert.SkipUnless((await new Emulators(store).ForAsync(Foreign)).Kind == EmulationKind.Emulated,
            $"{Foreign} is not emulated here.");
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (registry is not null)
            await registry.DisposeAsync();
        shop.Dispose();
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("build", "--check")]
    public async Task an_image_gets_the_lines_to_write_and_the_newer_tag(params string[] command)
    {
        var run = (await shop.Run([GoContext(), "--platform", Foreign.ToString()], command)).Succeeded();
        Assert.Matches($"\nadvice: \\S*Dockerfile:2: 'go build -o /app \\.' .*{Foreign}", run.Output);
        Assert.Contains($"\n  FROM --platform=$BUILDPLATFORM {registry.Name}/golang:1.22.3 AS build\n", run.Output,
            StringComparison.Ordinal);
        Assert.Contains("GOARCH=$TARGETARCH go build -o /app .\n", run.Output, StringComparison.Ordinal);
        Assert.Matches($"\nadvice: .*golang:1\\.22\\.3.* {registry.Name}/golang:1\\.22\\.9\n", run.Output);
        Assert.DoesNotContain("1.23.1", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task it_is_data_too()
    {
        var plan = JsonNode.Parse((await shop.Run([GoContext(), "--platform", Foreign.ToString(), "--json"], "plan")).Succeeded().Output)!;
        Assert.Equal(["cross-compile", "newer-patch"], plan["advice"]!.AsArray().Select(advice => (string)advice!["kind"]!));
        var check = (await shop.Run([GoContext(), "--platform", Foreign.ToString(), "--progress", "json"], "build", "--check")).Succeeded();
        var lines = check.Output.TrimEnd().Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(2, lines.Count(line => (string)line["event"]! == "advice"));
        Assert.Equal("checked", (string)lines[^1]["event"]!);
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("bake", "--check")]
    public async Task images_of_a_project_are_told_which_base_they_could_share(params string[] command)
    {
        shop.Write("project/manifold.yaml", "platforms: [linux/amd64]\nimages:\n  api: {context: api}\n  web: {context: web}\n");
        shop.Write("project/api/Dockerfile", $"FROM {registry.Name}/debian:12.5\nCOPY Dockerfile /\n");
        shop.Write("project/web/Dockerfile", $"FROM {registry.Name}/debian:12.6\nCOPY Dockerfile /\n");
        var run = (await shop.Run(["-f", shop["project/manifold.yaml"]], command)).Succeeded();
        Assert.Matches($"\nadvice: api uses '{registry.Name}/debian:12\\.5'; web uses '{registry.Name}/debian:12\\.6'\\. Use "
            + $"{registry.Name}/debian:12\\.6 .* B less", run.Output);
        Assert.Matches($"\nadvice: api: '{registry.Name}/debian:12\\.5' .*{registry.Name}/debian:12\\.6\n", run.Output);
    }

    [Fact]
    public async Task a_registry_that_does_not_answer_is_not_mentioned()
    {
        var context = shop.Context($"FROM {registry.Name}/debian:12.5\nCOPY Dockerfile /\n");
        (await shop.Build(context, "--platform", "linux/amd64", "--verify", "off")).Succeeded();
        Assert.Contains("debian:12.6", (await shop.Run([context, "--platform", "linux/amd64"], "plan")).Succeeded().Output,
            StringComparison.Ordinal);
        await registry.DisposeAsync();
        registry = null!;
        var run = (await shop.Run([context, "--platform", "linux/amd64"], "plan")).Succeeded();
        Assert.Contains("debian:12.5", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("advice", run.Output, StringComparison.Ordinal);
    }

    private string GoContext() => shop.Context($"FROM {registry.Name}/golang:1.22.3 AS build\n"
        + "RUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n");
}
