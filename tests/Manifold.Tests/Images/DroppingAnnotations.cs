using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;

namespace Manifold.Tests.Images;

/// <summary>Docker's formats have no annotations: whoever converts is told what is left out.</summary>
public sealed class DroppingAnnotations : WithPlaces
{
    private static readonly ImmutableSortedDictionary<string, string> Note = ImmutableSortedDictionary<string,
        string>.Empty.Add("org.example.note", "x");

    [Theory]
    [InlineData("manifest")]
    [InlineData("entry")]
    [InlineData("index")]
    public async Task with_dockers_media_types(string place)
    {
        await AnnotatedAsync(place);
        var told = new List<string>();
        await using var converted = await FormatConversion.ConvertAsync(Open("store:app:1"), ImageFormat.Docker, told.Add);
        Assert.Contains("1 annotation is left out (org.example.note)", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task by_a_copy_that_says_so()
    {
        await AnnotatedAsync("manifest");
        var (code, _, error) = await Commanding.Manifold(Folder, "copy", "store:app:1", $"oci:{Folder["l"]}", "--format", "docker");
        Assert.Equal(0, code);
        Assert.Contains("org.example.note", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task by_a_docker_archive_that_says_so()
    {
        await AnnotatedAsync("manifest");
        var (code, _, error) = await Commanding.Manifold(Folder, "copy", "store:app:1", $"docker-archive:{Folder["a.tar"]}");
        Assert.Equal(0, code);
        Assert.Contains("1 annotation is left out (org.example.note)", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--format", "oci")]
    [InlineData("--format", "docker")]
    public async Task and_says_nothing_where_there_are_none(params string[] format)
    {
        await StoredAsync("app:1", "linux/amd64");
        var (_, _, error) = await Commanding.Manifold(Folder, ["copy", "store:app:1", $"oci:{Folder["l"]}", .. format]);
        Assert.DoesNotContain("left out", error, StringComparison.Ordinal);
    }

    private async Task AnnotatedAsync(string place)
    {
        var image = await SampleImages.WriteAsync(Store, "x");
        var manifest = Manifest.Parse(Store.ReadDocument(image.Digest));
        if (place == "manifest")
            image = await Store.WriteAsync((manifest with { Annotations = Note }).ToJson(), MediaType.Manifest);
        image = image with { Platform = PlatformFields.From(Platform.Parse("linux/amd64")), Annotations = place == "entry" ? Note : null };
        var index = await Store.WriteAsync(new ImageIndex { Manifests = [image], Annotations = place == "index" ? Note : null }.ToJson(),
            MediaType.Index);
        Store.Tags.Set(ImageReference.Parse("app:1"), index);
    }
}
