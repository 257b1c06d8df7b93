using System.Net;
using Manifold.Oci;
using Manifold.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Registry;

public sealed class ListingAndProbing : WithARegistry
{
    [Fact]
    public async Task tags_come_from_all_pages_once()
    {
        Registry.Fault = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/tags/list", StringComparison.Ordinal))
                return false;
            var last = context.Request.Query["last"].ToString();
            context.Response.Headers.Link = last switch
            {
                "" => $"<http://{Registry.Name}/v2/app/tags/list?n=2&last=b>; rel=\"next\"",
                "b" => "</v2/app/tags/list?n=2&last=d>; rel=next",
                _ => "",
            };
            await context.Response.WriteAsJsonAsync(
                new { name = "app", tags = last switch { "" => new[] { "a", "b" }, "b" => ["c", "d"], _ => ["d", "e"] } });
            return true;
        };
        Assert.Equal(["a", "b", "c", "d", "e"], await Client().ListTagsAsync(Registry.Reference("app")));
    }

    [Fact]
    public async Task a_repository_that_is_not_there_has_no_tags() =>
        Assert.Empty(await Client().ListTagsAsync(Registry.Reference("nowhere")));

    [Theory]
    [InlineData("""{"tags": null}""", 0)]
    [InlineData("""{"tags": ["a"]}""", 1)]
    [InlineData("[]", -1)]
    [InlineData("<html>", -1)]
    [InlineData("{}", -1)]
    public async Task what_is_no_list_of_tags_is_refused(string body, int count)
    {
        Registry.Fault = async context =>
        {
            await context.Response.WriteAsync(body);
            return true;
        };
        if (count >= 0)
            Assert.Equal(count, (await Client().ListTagsAsync(Registry.Reference("app"))).Length);
        else
            await Assert.ThrowsAsync<RegistryException>(() => Client().ListTagsAsync(Registry.Reference("app")));
    }

    [Fact]
    public async Task pages_without_end_are_not_followed_for_ever()
    {
        Registry.Fault = async context =>
        {
            context.Response.Headers.Link = "</v2/app/tags/list?n=1&last=x>; rel=\"next\"";
            await context.Response.WriteAsync("""{"tags": ["x"]}""");
            return true;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().ListTagsAsync(Registry.Reference("app")));
        Assert.Contains("more than 1000 pages", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(400)]
    [InlineData(405)]
    [InlineData(200)] // a page of HTML
    public async Task referrers_are_found_under_their_tag_where_the_registry_lists_none(int status)
    {
        var subject = Digest.Of("subject");
        var index = new ImageIndex { Manifests = [Entry("a", "sbom"), Entry("b", "signature"), Entry("a", "sbom")] };
        Registry.AddManifest("app", $"sha256-{subject.Hex}", index.ToJson(), MediaType.Index);
        Registry.Fault = Referrers(status, "<html>");

        var found = await Client().ListReferrersAsync(Registry.Reference("app"), subject, "sbom");

        Assert.False(found.IsListedByRegistry);
        Assert.Equal([Digest.Of("a")], found.Entries.Select(entry => entry.Digest));
    }

    [Fact]
    public async Task referrers_are_the_registrys_where_it_lists_them_and_filtered_here_as_well()
    {
        var index = new ImageIndex { Manifests = [Entry("a", "sbom"), Entry("b", "signature")] };
        Registry.Fault = Referrers(200, System.Text.Encoding.UTF8.GetString(index.ToJson()));
        var found = await Client().ListReferrersAsync(Registry.Reference("app"), Digest.Of("subject"), "signature");
        Assert.True(found.IsListedByRegistry);
        Assert.Equal([Digest.Of("b")], found.Entries.Select(entry => entry.Digest));
        Assert.Equal("?artifactType=signature", Registry.Requests.Single().Query);
        Assert.Equal(2, (await Client().ListReferrersAsync(Registry.Reference("app"), Digest.Of("subject"))).Entries.Length);
    }

    [Fact]
    public async Task the_tag_of_a_long_digest_is_cut_as_the_specification_has_it()
    {
        await Task.CompletedTask;
        Assert.Equal("sha512-" + new string('a', 64), RegistryClient.ReferrersTag(Digest.Parse("sha512:" + new string('a', 128))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task whoever_pushes_a_referrer_learns_whether_the_registry_lists_it(bool lists)
    {
        Registry.Fault = context =>
        {
            if (lists)
                context.Response.Headers["OCI-Subject"] = Digest.Of("subject").ToString();
            return Task.FromResult(false);
        };
        Assert.Equal(lists, await Client().PushReferrerAsync(Registry.Reference("app:1"), "{}"u8.ToArray(), MediaType.Manifest));
    }

    private static async Task<RegistryException?> ProbeAsync(RegistryClient client, ImageReference repository)
    {
        var (refusal, ending) = await client.BeginProbeAsync(repository, TestContext.Current.CancellationToken);
        await ending;
        return refusal;
    }

    [Fact]
    public async Task a_probe_begins_an_upload_and_gives_it_up()
    {
        Assert.Null(await ProbeAsync(Client(), Registry.Reference("app")));
        Assert.Equal(["POST", "DELETE"], Registry.Requests.Select(request => request.Method));
        Assert.Equal(0, Registry.OpenUploads);
    }

    [Fact]
    public async Task as_many_probes_at_once_as_the_host_has_places_do_not_wait_for_each_other()
    {
        Options = Options with { Concurrency = 2 };
        var (begun, both) = (0, new TaskCompletionSource());
        Registry.Fault = async context =>
        {
            if (context.Request.Method == "POST" && Interlocked.Increment(ref begun) == 2)
                both.SetResult();
            if (context.Request.Method == "POST")
                await both.Task;
            return false;
        };
        var client = Client();
        await Eventually.Ends(Task.WhenAll(ProbeAsync(client, Registry.Reference("one")),
            ProbeAsync(client, Registry.Reference("two"))));
        Assert.Equal(0, Registry.OpenUploads);
    }

    [Fact]
    public async Task a_probe_that_is_refused_says_what_the_push_would_say()
    {
        Registry.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED", "requested access to the resource is denied");
            return true;
        };
        var refusal = await ProbeAsync(Client(), Registry.Reference("app"));
        Assert.Equal((HttpStatusCode.Forbidden, "DENIED"), (refusal!.Status!.Value, refusal.Code));
        Assert.StartsWith($"push {Registry.Name}/app: the registry answered 403 (DENIED: requested access",
            refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_registry_that_cannot_be_reached_is_a_refusal_too()
    {
        var gone = Registry.Reference("app");
        await Registry.DisposeAsync();
        Assert.Contains("cannot connect to", (await ProbeAsync(Client(), gone))!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task deleting_tells_what_was_there()
    {
        var image = Registry.AddImage("app", "1", Noise(10));
        Assert.True(await Client().DeleteManifestAsync(Registry.Reference($"app@{image.Digest}")));
        Assert.False(await Client().DeleteManifestAsync(Registry.Reference($"app@{image.Digest}")));
    }

    [Fact]
    public async Task a_blob_is_read_straight_from_the_registry_and_cuts_are_not_seen()
    {
        var content = Noise(3_000_000);
        var blob = Registry.AddBlob("app", content);
        Registry.Fault = CuttingRegistry.Cut(Registry, 700_000, times: 3);
        await using var stream = await Client().OpenBlobAsync(Registry.Reference("app"), blob);
        Assert.Equal(content, await ReadAllAsync(stream));
        await using var rest = await Client().OpenBlobAsync(Registry.Reference("app"), blob, 2_999_000);
        Assert.Equal(content[2_999_000..], await ReadAllAsync(rest));
    }

    [Fact]
    public async Task a_blob_that_is_another_is_told_at_its_end()
    {
        var blob = Registry.AddBlob("app", Noise(1000));
        Registry.Blobs[blob.Digest] = Noise(1000);
        await using var stream = await Client().OpenBlobAsync(Registry.Reference("app"), blob);
        await Assert.ThrowsAsync<ContentMismatchException>(() => ReadAllAsync(stream));
    }

    [Fact]
    public async Task a_blob_goes_from_registry_to_registry_without_the_store()
    {
        await using var origin = await ScriptedRegistry.StartAsync();
        var content = Noise(900_000);
        var blob = origin.AddBlob("base", content);
        origin.Fault = CuttingRegistry.Cut(origin, 200_000, times: 2);
        var cuts = 1;
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "PATCH"
                || context.Request.Headers.ContentRange != "262144-524287"
                || Interlocked.Decrement(ref cuts) < 0)
                return false;
            await context.Request.Body.ReadExactlyAsync(new byte[50_000]);
            context.Abort();
            return true;
        };
        var outcome = await Client().PushBlobAsync(Registry.Reference("app"), blob, new BlobSource(null, [origin.Reference("base")]));
        Assert.Equal(BlobPush.Uploaded, outcome);
        Assert.Equal(content, Registry.Blobs[blob.Digest]);
        Assert.Empty(StoredBlobs());
    }

    [Fact]
    public async Task many_blobs_go_from_a_registry_to_itself_though_its_places_are_few()
    {
        Options = Options with { Concurrency = 2 };
        var client = Client();
        Registry.Fault = context =>
        {
            context.Request.QueryString =
                context.Request.QueryString.Value!.Contains("mount") ? QueryString.Empty : context.Request.QueryString;
            return Task.FromResult(false);
        };
        var blobs = Enumerable.Range(0, 12).Select(_ => Registry.AddBlob("base", Noise(600_000))).ToList();
        await Eventually.Ends(
            Task.WhenAll(blobs.Select(
                blob => client.PushBlobAsync(Registry.Reference("app"), blob, new BlobSource(null, [Registry.Reference("base")])))));
        Assert.All(blobs, blob => Assert.True(Registry.Linked.ContainsKey(("app", blob.Digest))));
    }

    [Fact]
    public async Task a_stream_of_somebody_else_is_pushed_and_its_trouble_is_told_as_its_own()
    {
        var content = Noise(600_000);
        var blob = new Descriptor { MediaType = MediaType.LayerGzip, Digest = Digest.Of(content), Size = content.Length };
        BlobReader whole = (offset, _) => ValueTask.FromResult<Stream>(new MemoryStream(content[(int)offset..]));
        BlobReader half = (offset, _) => ValueTask.FromResult<Stream>(new MemoryStream(content[(int)offset..300_000]));
        var mismatch = await Assert.ThrowsAsync<ContentMismatchException>(() =>
            Client().PushBlobAsync(Registry.Reference("app"), blob, new BlobSource(null, []) { Reader = half }));
        Assert.Contains("shorter than its descriptor", mismatch.Message, StringComparison.Ordinal);
        Assert.Equal(BlobPush.Uploaded,
            await Client().PushBlobAsync(Registry.Reference("app"), blob, new BlobSource(null, []) { Reader = whole }));
        Assert.Equal(content, Registry.Blobs[blob.Digest]);
    }

    private static Descriptor Entry(string name, string type) =>
        new()
        {
            MediaType = MediaType.Manifest,
            Digest = Digest.Of(name),
            Size = 1,
            ArtifactType = type,
        };

    private static Func<HttpContext, Task<bool>> Referrers(int status, string body) => async context =>
    {
        if (!context.Request.Path.Value!.Contains("/referrers/"))
            return false;
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body);
        return true;
    };

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
