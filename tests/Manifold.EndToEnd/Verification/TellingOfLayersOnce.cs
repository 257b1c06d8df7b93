namespace Manifold.EndToEnd.Verification;

/// <summary>What the plan has told before any work, the gate does not tell again; what nobody told, it does.</summary>
public sealed class TellingOfLayersOnce : IDisposable
{
    private const string Said = "at most 125";

    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("# check=skip=TooManyLayers\n")]
    public async Task of_too_many_layers_a_build_warns_once(string directive)
    {
        var built = (await shop.Run([shop.Context(Layers(directive))], "build", "--progress", "plain")).Succeeded();
        Assert.Equal(2, built.Error.Split(Said).Length);
    }

    [Fact]
    public async Task of_too_many_layers_a_project_warns_once()
    {
        shop.Write("p/Dockerfile", Layers(""));
        var file = shop.Write("p/manifold.yaml", "platforms: [linux/amd64, linux/arm64]\nimages: {app: {context: .}}\n");
        var built = (await shop.Run([], "bake", "-f", file, "--progress", "plain")).Succeeded();
        Assert.Equal(2, built.Error.Split(Said).Length);
    }

    private static string Layers(string directive) =>
        directive + "FROM scratch\n" + string.Concat(Enumerable.Range(1, 126).Select(number => $"COPY Dockerfile /{number}\n"));
}
