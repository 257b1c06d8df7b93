namespace Manifold.EndToEnd.Solving;

/// <summary>What the cache claims is checked before it is believed.</summary>
public sealed class RecordsThatAreDamaged : IDisposable
{
    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[1, 2]")]
    [InlineData("""{"diffId":"sha256:ff"}""")]
    public async Task make_the_build_work_again_and_give_the_same_image(string damage)
    {
        var context = shop.Context("FROM scratch\nCOPY one.txt /\nWORKDIR /made", ("one.txt", "1"));
        (await shop.Build(context, "--iidfile", shop["first"])).Succeeded();
        var records = new[] { "steps", "blobs", "contents" }
            .Select(name => Path.Combine(shop.Root, "cache", name)).SelectMany(Directory.GetFiles).ToList();
        Assert.True(records.Count >= 4, string.Join('\n', records));
        foreach (var record in records)
            await File.WriteAllTextAsync(record, damage);

        (await shop.Build(context, "--iidfile", shop["second"])).Succeeded();

        Assert.Equal(await File.ReadAllTextAsync(shop["first"]), await File.ReadAllTextAsync(shop["second"]));
    }

    [Fact]
    public async Task and_lie_fail_the_build_with_the_option_that_mends_it()
    {
        var context = shop.Context("FROM scratch\nCOPY one.txt /", ("one.txt", "1"));
        (await shop.Build(context, "--iidfile", shop["first"])).Succeeded();
        foreach (var record in Directory.GetFiles(Path.Combine(shop.Root, "cache", "steps")))
            await File.WriteAllTextAsync(record, $$"""{"diffId":"sha256:{{new string('0', 64)}}"}""");

        var second = await shop.Build(context);
        Assert.Equal(1, second.Code);
        Assert.Contains("--no-cache", second.Error, StringComparison.Ordinal);

        (await shop.Build(context, "--no-cache", "--iidfile", shop["third"])).Succeeded();
        Assert.Equal(await File.ReadAllTextAsync(shop["first"]), await File.ReadAllTextAsync(shop["third"]));
    }
}
