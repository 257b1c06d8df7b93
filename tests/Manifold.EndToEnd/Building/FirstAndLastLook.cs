using System.Text.Json;

namespace Manifold.EndToEnd.Building;

/// <summary>From a folder with Dockerfiles to a published project and a look at it: init, bake, ls, inspect --files, du, prune.</summary>
[Trait("kind", "end-to-end")]
public sealed class FirstAndLastLook : IDisposable
{
    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Fact]
    public async Task a_drafted_project_is_built_published_and_looked_at()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        shop.Write("work/base/Dockerfile", "FROM scratch\nCOPY data /data\n");
        shop.Write("work/base/data", new string('a', 2000));
        shop.Write("work/app/Dockerfile", "FROM base\nCOPY data /data\n");
        shop.Write("work/app/data", new string('b', 300));

        // init
        var drafted = (await shop.Run([], "init", shop["work"])).Succeeded();
        Assert.Contains("base, app", drafted.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await shop.Run([], "init", shop["work"])).Code);

        // bake
        shop.Set["DEST_REGISTRY"] = $"{registry.Name}/acme";
        (await shop.Run([], "bake", "-f", shop["work/manifold.yaml"], "--push")).Succeeded();

        // ls
        registry.Fault = async context =>
        {
            if (context.Request.Path != "/v2/acme/app/tags/list")
                return false;
            await Microsoft.AspNetCore.Http.HttpResponseJsonExtensions.WriteAsJsonAsync(context.Response,
                new { tags = new[] { "latest" } });
            return true;
        };
        var listed = (await shop.Run([], "ls", $"{registry.Name}/acme/app", "--json")).Succeeded();
        var tag = JsonDocument.Parse(listed.Output).RootElement[0];
        Assert.Equal(["linux/amd64", "linux/arm64"], tag.GetProperty("platforms").EnumerateArray()
            .Select(each => each.GetProperty("platform").GetString()));
        Assert.True(tag.GetProperty("size").GetInt64() > 500);

        // inspect --files
        var files = (await shop.Run(
            [], "inspect", "--files", $"{registry.Name}/acme/app", "--platform", "linux/arm64", "--json")).Succeeded();
        var image = JsonDocument.Parse(files.Output).RootElement;
        Assert.Equal((2300, 2000), (image.GetProperty("bytes").GetInt64(), image.GetProperty("wastedBytes").GetInt64()));
        Assert.Equal(2, image.GetProperty("files")[0].GetProperty("hiddenBy").GetInt32());
        Assert.Equal(["COPY data /data", "COPY data /data"], image.GetProperty("layers").EnumerateArray()
            .Select(layer => layer.GetProperty("createdBy").GetString()));

        // du and prune
        (await shop.Run([], "rm", $"{registry.Name}/acme/app:latest")).Succeeded();
        var usage = JsonDocument.Parse((await shop.Run([], "du", "--json")).Succeeded().Output).RootElement;
        var pruned = JsonDocument.Parse((await shop.Run([], "prune", "--all", "--format", "json")).Succeeded().Output).RootElement;
        Assert.Equal(pruned.GetProperty("freedBytes").GetInt64(), usage.GetProperty("pruneAllFrees").GetInt64());
        Assert.True(usage.GetProperty("pruneAllFrees").GetInt64() > 500);
    }
}
