using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.EndToEnd.Building;

/// <summary>Every command that reads an image takes a name without a registry, and means what registries.conf means.</summary>
public sealed class UsingShortNames : IAsyncLifetime
{
    private readonly Workshop shop = new();
    private readonly RegistryClient client = new(new RegistryOptions());
    private ScriptedRegistry registry = null!;

    public async ValueTask InitializeAsync()
    {
        registry = await ScriptedRegistry.StartAsync();
        using var store = Store.Open(shop["bases"]);
        await client.PushAsync(store, await SampleImages.WriteIndexAsync(store, "base", Platform.Host.ToString()),
            registry.Reference("team/tiny:1"));
        shop.Set["CONTAINERS_REGISTRIES_CONF"] = shop.Write("registries.conf", $"[aliases]\ntiny = '{registry.Name}/team/tiny'\n");
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await registry.DisposeAsync();
        shop.Dispose();
    }

    [Fact]
    public async Task from_and_copy_from_find_their_images_and_the_provenance_names_them_in_full()
    {
        var context = shop.Context("FROM tiny:1\nCOPY --from=tiny:1 /content /copied\n");
        (await shop.Build(context, "--verify", "off", "-o", $"type=local,dest={shop["out"]}", "--provenance")).Succeeded();
        Assert.Equal("base", File.ReadAllText(shop["out/copied"]));
        Assert.Contains($"docker/team/tiny@", Uri.UnescapeDataString(File.ReadAllText(shop["out/provenance.json"])),
            StringComparison.Ordinal);
        Assert.Contains($"{registry.Name}/team/tiny:1", (await shop.Run([context], "plan")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_is_built_on_it_is_pushed_with_the_bases_layers()
    {
        await using var other = await ScriptedRegistry.StartAsync();
        (await shop.Build(shop.Context("FROM tiny:1\nCOPY Dockerfile /\n"), "--verify", "off", "-t", $"{other.Name}/app:1", "--push"))
            .Succeeded();
        Assert.True(other.Manifests.ContainsKey("app:1"));
    }

    [Fact]
    public async Task a_pull_names_it_in_full_and_the_short_name_finds_it()
    {
        Assert.StartsWith($"{registry.Name}/team/tiny:1@sha256:", (await shop.Run(["tiny:1"], "pull")).Succeeded().Output,
            StringComparison.Ordinal);
        Assert.Contains($"{registry.Name}/team/tiny", (await shop.Run([], "images")).Succeeded().Output, StringComparison.Ordinal);
        (await shop.Run(["tiny:1", "other:1"], "tag")).Succeeded();
        (await shop.Run(["tiny:1", $"{registry.Name}/pushed:1"], "push")).Succeeded();
        Assert.Contains($"Removed {registry.Name}/team/tiny:1", (await shop.Run(["tiny:1"], "rm")).Succeeded().Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inspect", "tiny:1")]
    [InlineData("copy", "tiny:1", "oci:{0}/copied:x")]
    [InlineData("copy", "--all-tags", "tiny", "oci:{0}/all")]
    [InlineData("compare", "tiny:1", "tiny:1")]
    [InlineData("index", "create", "oci:{0}/index:x", "tiny:1")]
    public async Task commands_ask_the_registry_that_is_meant(params string[] arguments)
    {
        registry.Manifests[$"team/tiny:latest"] = registry.Manifests["team/tiny:1"];
        registry.Fault = context => Task.FromResult(ListsTags(context));
        (await shop.Run([], [.. arguments.Select(argument => argument.Replace("{0}", shop.Path, StringComparison.Ordinal))])).Succeeded();
    }

    private static bool ListsTags(Microsoft.AspNetCore.Http.HttpContext context)
    {
        if (!context.Request.Path.Value!.EndsWith("/team/tiny/tags/list", StringComparison.Ordinal))
            return false;
        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpBodyControlFeature>()!.AllowSynchronousIO = true;
        context.Response.Body.Write("""{"name":"team/tiny","tags":["1"]}"""u8);
        return true;
    }
}
