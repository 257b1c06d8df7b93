using Manifold.Oci;

namespace Manifold.EndToEnd.Solving;

/// <summary>A release at three in the morning: the base was resolved yesterday, and today its registry does not answer.</summary>
public sealed class ABaseWhoseRegistryIsAway : IDisposable
{
    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Fact]
    public async Task is_what_it_was_the_last_time_with_a_warning()
    {
        var context = await BuiltOnceAsync();

        var again = (await shop.Build(context, "--verify", "off", "--iidfile", shop["second"])).Succeeded();

        Assert.Contains($"Using the digest that '{Reference}' had last time", again.Error, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllTextAsync(shop["first"]), await File.ReadAllTextAsync(shop["second"]));
    }

    [Fact]
    public async Task is_an_error_where_the_newest_is_asked_for()
    {
        var context = await BuiltOnceAsync();

        var again = await shop.Build(context, "--pull");

        Assert.Equal(3, again.Code);
        Assert.Contains(Reference, again.Error, StringComparison.Ordinal);
    }

    private string Reference { get; set; } = "";

    /// <summary>A build on an image of a registry that is gone afterwards. The image has no program, which the gate would refuse.</summary>
    private async Task<string> BuiltOnceAsync()
    {
        await using var server = await RunningServer.StartAsync();
        var image = await SampleImages.WriteIndexAsync(server.Store, "base", "linux/amd64");
        Reference = $"{server.Authority}/acme/base:1";
        server.Store.Tags.Set(ImageReference.Parse(Reference), image);
        var context = shop.Context($"FROM {Reference}\nCOPY one.txt /", ("one.txt", "1"));
        (await shop.Build(context, "--verify", "off", "--platform", "linux/amd64", "--iidfile", shop["first"])).Succeeded();
        return context;
    }
}
