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
        await Commanding.Manifold(folder, "build", "-q", "--platform", "linux/amd64,linux/arm64", "-o", $"type=oci,tar=false,dest={folder["image"]}", folder["context"]);
        var (code, _, error) = await Commanding.Manifold(folder, "copy", $"oci:{folder["image"]}", $"oci:{folder["other"]}", $"docker-archive:{folder["image.tar"]}");
        Assert.Contains("A Docker archive holds one platform", error, StringComparison.Ordinal);
        Assert.Equal((2, false), (code, Directory.Exists(folder["other"])));
    }
}
