namespace Manifold.Tests.Cli;

/// <summary><c>manifold copy</c> with more than one target.</summary>
public sealed class CopyingToSeveralPlaces : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task one_that_cannot_hold_the_image_is_refused_before_the_others_are_written()
    {
        folder.Write("context/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        await Commanding.Manifold(folder,
            "build", "-q", "--platform", "linux/amd64,linux/arm64", "-o", $"type=oci,tar=false,dest={folder["image"]}", folder["context"]);
        var (code, _, error) = await Commanding.Manifold(folder,
            "copy", $"oci:{folder["image"]}", $"oci:{folder["other"]}", $"docker-archive:{folder["image.tar"]}");
        Assert.Contains("A Docker archive holds one platform", error, StringComparison.Ordinal);
        Assert.Equal((2, false), (code, Directory.Exists(folder["other"])));
    }

    [Fact]
    public async Task a_target_that_refuses_is_told_while_the_source_is_still_being_read()
    {
        await using var from = await ScriptedRegistry.StartAsync();
        await using var to = await ScriptedRegistry.StartAsync();
        from.AddImage("app", "1", [1, 2, 3]);
        from.Fault = async context =>
        {
            if (context.Request.Path.Value!.Contains("/referrers/", StringComparison.Ordinal))
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return false;
        };
        to.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, 401, "UNAUTHORIZED", "authentication required");
            return true;
        };

        var (code, _, error) = await Eventually.Ends(Commanding.Manifold(folder, "copy", $"{from.Name}/app:1", $"{to.Name}/app:1"));

        Assert.Equal(3, code);
        Assert.Contains("401", error, StringComparison.Ordinal);
    }
}
