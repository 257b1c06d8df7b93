using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;

namespace Manifold.Tests.Images;

/// <summary>OCI layouts that other tools wrote, as folders and as archives.</summary>
public sealed class ReadingLayouts : WithPlaces
{
    [Fact]
    public async Task a_name_is_found_as_it_is_written_and_in_its_normal_form_and_a_digest_too()
    {
        var image = await StoredAsync("quay.io/acme/app:1", "linux/amd64");
        await StoredAsync("debian:12", "linux/arm64");
        foreach (var place in new[] { $"oci:{Store.Root}:quay.io/acme/app:1", $"oci:{Store.Root}@{image.Digest}" })
            Assert.Equal(image.Digest, (await Open(place).ResolveAsync()).Descriptor.Digest);
        Assert.Equal(Store.Tags.Find(ImageReference.Parse("debian:12"))!.Digest,
            (await Open($"oci:{Store.Root}:debian:12").ResolveAsync()).Descriptor.Digest);
    }

    [Fact]
    public async Task an_unknown_name_and_none_of_several_tell_which_there_are()
    {
        await StoredAsync("quay.io/acme/app:1", "linux/amd64");
        await StoredAsync("quay.io/acme/app:2", "linux/arm64");

        var unknown = await Assert.ThrowsAsync<UsageException>(() => Open($"oci:{Store.Root}:quay.io/acme/app:3").ResolveAsync());
        var nameless = await Assert.ThrowsAsync<UsageException>(() => Open($"oci:{Store.Root}").ResolveAsync());

        Assert.Equal($"There is no image 'quay.io/acme/app:3' in the folder '{Store.Root}'. It has: quay.io/acme/app:1, "
            + "quay.io/acme/app:2.", unknown.Message);
        Assert.Equal($"The folder '{Store.Root}' has several images. Choose one of: quay.io/acme/app:1, quay.io/acme/app:2.",
            nameless.Message);
    }

    [Fact]
    public async Task what_is_no_layout_is_said_with_what_to_do()
    {
        Directory.CreateDirectory(Folder["empty"]);
        foreach (var (place, message) in new[]
        {
            ($"oci:{Folder["empty"]}", "it has no file 'oci-layout'. For an archive, use: oci-archive:FILE"),
            ($"oci:{Folder["nowhere"]}", $"There is no folder '{Folder["nowhere"]}'."),
            ($"oci:{Folder.Write("file", "x")}", $"use: oci-archive:{Folder["file"]}"),
            ($"oci-archive:{Folder["empty"]}", $"use: oci:{Folder["empty"]}"),
            ($"oci-archive:{Folder["nowhere"]}", $"There is no archive '{Folder["nowhere"]}'."),
        })
            Assert.EndsWith(message,
                (await Assert.ThrowsAsync<UsageException>(() => Open(place).ResolveAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_blob_that_is_damaged_or_missing_is_never_handed_on()
    {
        var image = await StoredAsync("app:1", "linux/amd64");
        var source = Open($"oci:{Store.Root}");
        var manifest = (await source.ReadIndexAsync(image)).Manifests[0];
        var layer = (await source.ReadManifestAsync(manifest)).Layers[0];

        File.WriteAllText(Store.BlobPath(layer.Digest), new string('x', (int)layer.Size));
        var damaged = await Assert.ThrowsAsync<ContentMismatchException>(() => ReadWholeAsync(Open($"oci:{Store.Root}")));
        Assert.Contains("its digest is", damaged.Message, StringComparison.Ordinal);
        File.WriteAllText(Store.BlobPath(layer.Digest), "short");
        Assert.Contains("has 5 bytes",
            (await Assert.ThrowsAsync<ContentMismatchException>(() => ReadWholeAsync(Open($"oci:{Store.Root}")))).Message,
            StringComparison.Ordinal);
        File.Delete(Store.BlobPath(manifest.Digest));
        Assert.Contains($"'{manifest.Digest}' is missing", (await Assert.ThrowsAsync<ContentMismatchException>(() =>
            ReadWholeAsync(Open($"oci:{Store.Root}")))).Message, StringComparison.Ordinal);
    }
}
