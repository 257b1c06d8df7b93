using Manifold.Oci;
using Manifold.Publishing.Referrers;

namespace Manifold.Tests.Publishing;

/// <summary>The registry has lost a document that refers to an image.</summary>
public sealed partial class LosingContent
{
    [Theory]
    [InlineData("manifest", false)]
    [InlineData("content", true)]
    [InlineData("config", true)]
    public async Task a_document_that_is_listed_and_lost_is_attached_again(string part, bool asksForBlobs)
    {
        var image = await SampleImages.WriteAsync(Store, "x");
        await PublishAsync(image, "app:1");
        var attachment = new Attachment
        {
            ArtifactType = "text/x",
            MediaType = "text/x",
            Subject = image,
            Content = "hello"u8.ToArray(),
        };
        var publisher = new ReferrerPublisher(Client(), Registry.Reference("app"), TimeProvider.System) { AsksForBlobs = asksForBlobs };
        Assert.Equal(1, await publisher.AttachAllAsync([attachment]));
        Assert.Equal(0, await publisher.AttachAllAsync([attachment]));
        var referrer = Assert.Single((await Client().ListReferrersAsync(Registry.Reference("app"), image.Digest)).Entries);
        var document = Manifest.Parse(Registry.Manifests[$"app@{referrer.Digest}"].Bytes);
        if (part == "manifest")
            Registry.Lose("app", referrer.Digest);
        else
            Registry.LoseBlob(part == "config" ? document.Config.Digest : document.Layers[0].Digest);

        Assert.Equal(1, await publisher.AttachAllAsync([attachment]));

        Assert.True(Registry.Manifests.ContainsKey($"app@{referrer.Digest}"));
        Assert.All(document.Layers.Append(document.Config), blob => Assert.True(Registry.Linked.ContainsKey(("app", blob.Digest))));
    }

    [Fact]
    public async Task a_list_of_referrers_loses_what_the_registry_lost_where_it_refuses_the_list_otherwise()
    {
        var image = await SampleImages.WriteAsync(Store, "x");
        await PublishAsync(image, "app:1");
        var publisher = new ReferrerPublisher(Client(), Registry.Reference("app"), TimeProvider.System);
        await publisher.AttachAsync(new Attachment
        {
            ArtifactType = "text/one",
            MediaType = "text/x",
            Subject = image,
            Content = "1"u8.ToArray(),
        });
        var lost = Assert.Single((await Client().ListReferrersAsync(Registry.Reference("app"), image.Digest)).Entries).Digest;
        Registry.Lose("app", lost);
        Registry.ChecksIndexes();

        await publisher.AttachAsync(new Attachment
        {
            ArtifactType = "text/two",
            MediaType = "text/x",
            Subject = image,
            Content = "2"u8.ToArray(),
        });

        Assert.Equal("text/two", Assert.Single((await Client().ListReferrersAsync(Registry.Reference("app"), image.Digest)).Entries)
            .ArtifactType);
    }
}
