using System.Text;
using System.Text.Json;
using Manifold.Oci;

namespace Manifold.Tests.Server;

/// <summary>
/// A pushed manifest means the same to every client, and its claims about its content are true.
/// Source: OCI image specification and its JSON schema.
/// </summary>
public sealed class RefusingFalseManifests : WithAServer
{
    private const string Config =
        """{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}""";
    private const string Layer =
        """{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}""";

    private static readonly string Good =
        $$$"""{"schemaVersion":2,"mediaType":"{{{MediaType.Manifest}}}","config":{{{Config}}},"layers":[{{{Layer}}}],"annotations":{"a":"b"}}""";

    [Fact]
    public async Task the_manifest_that_the_others_are_made_from_is_accepted() => await Put(Good, 201);

    [Theory]
    [InlineData("size\":2", "size\":3", "has 3 bytes, but it has 2")]
    [InlineData("size\":2", "size\":1", "has 1 bytes, but it has 2")]
    [InlineData("size\":2", "size\":0", "has 0 bytes, but it has 2")]
    [InlineData("size\":2", "size\":9223372036854775807", "'layers[0].size'")]
    [InlineData("size\":2", "size\":-1", "'layers[0].size'")]
    [InlineData("size\":2", "size\":2.5", "'layers[0].size'")]
    [InlineData("size\":2", "size\":\"2\"", "'layers[0].size'")]
    [InlineData("size\":2", "size\":null", "'layers[0].size' is null")]
    [InlineData("size\":2", "size\":9223372036854775808", "'layers[0].size'")]
    [InlineData(",\"size\":2", "", "'layers[0].size'")]
    [InlineData("sha256:4413", "sha384:4413", "'layers[0].digest'")]
    [InlineData("sha256:4413", "md5:4413", "'layers[0].digest'")]
    [InlineData("sha256:4413", "sha256:4413F", "'layers[0].digest'")]
    [InlineData("\"application/vnd.oci.image.layer.v1.tar\"", "\"\"", "'layers[0].mediaType'")]
    [InlineData("\"application/vnd.oci.image.layer.v1.tar\"", "null", "'layers[0].mediaType' is null")]
    [InlineData("\"application/vnd.oci.image.layer.v1.tar\"", "\"layer\"", "'layers[0].mediaType'")]
    [InlineData("\"size\":2", "\"size\":2,\"annotations\":null", "'layers[0].annotations' is null")]
    [InlineData("\"size\":2", "\"size\":2,\"annotations\":{\"a\":null}", "the value of 'a' must be a string")]
    [InlineData("\"size\":2", "\"size\":2,\"urls\":[1]", "'layers[0].urls'")]
    [InlineData("\"size\":2", "\"size\":2,\"urls\":null", "'layers[0].urls' is null")]
    [InlineData("\"size\":2", "\"size\":2,\"data\":\"e31=\"", "'layers[0].data'")]
    [InlineData("\"size\":2", "\"size\":2,\"data\":\"?\"", "'layers[0].data'")]
    [InlineData("\"size\":2", "\"size\":2,\"size\":3", "not valid JSON")] // one parser takes the first, another the last
    [InlineData("\"size\":2", "\"size\":2,\"Size\":3", "'layers[0].Size' must be spelled 'size'")] // Go's takes it for the same
    public async Task a_layer_that_is_not_what_its_descriptor_says(string part, string instead, string told)
    {
        var at = Good.LastIndexOf(part, StringComparison.Ordinal);
        await Refused(Good.Remove(at, part.Length).Insert(at, instead), told);
    }

    [Theory]
    [InlineData("\"annotations\":{\"a\":\"b\"}", "\"annotations\":null", "'annotations' is null")]
    [InlineData("\"annotations\":{\"a\":\"b\"}", "\"annotations\":{\"a\":null}", "the value of 'a' must be a string")]
    [InlineData("\"annotations\":{\"a\":\"b\"}", "\"annotations\":{\"a\":1}", "the value of 'a' must be a string")]
    [InlineData("\"annotations\":{\"a\":\"b\"}", "\"annotations\":[]", "'annotations' must be an object")]
    [InlineData("\"a\":\"b\"", "\"a\":\"b\",\"a\":\"c\"", "not valid JSON")]
    [InlineData("\"annotations\":", "\"manifests\":[],\"annotations\":", "'manifests'")] // CVE-2021-41190
    [InlineData("\"annotations\":", "\"layers\":[],\"annotations\":", "not valid JSON")]
    [InlineData("\"annotations\":", "\"Layers\":[],\"annotations\":", "must be spelled 'layers'")]
    [InlineData("\"annotations\":", "\"subject\":null,\"annotations\":", "'subject' is null")]
    [InlineData("\"annotations\":", "\"subject\":{},\"annotations\":", "'subject.mediaType'")]
    [InlineData("\"annotations\":", "\"subject\":\"sha256:x\",\"annotations\":", "'subject' must be an object")]
    [InlineData("\"annotations\":", "\"subject\":{\"mediaType\":\"a/b\",\"digest\":\"sha256:x\",\"size\":2},\"annotations\":",
        "'subject.digest'")]
    [InlineData("\"annotations\":", "\"artifactType\":null,\"annotations\":", "'artifactType' is null")]
    [InlineData("\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"",
        "\"mediaType\":\"application/vnd.oci.image.index.v1+json\"", "'mediaType' is")]
    [InlineData("\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"", "\"mediaType\":null", "'mediaType' is null")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":1", "'schemaVersion' must be 2")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":\"2\"", "'schemaVersion' must be 2")]
    [InlineData("\"schemaVersion\":2,", "", "'schemaVersion' must be 2")]
    public async Task a_document_that_clients_would_read_in_different_ways(string part, string instead, string told) =>
        await Refused(Good.Replace(part, instead), told);

    [Fact]
    public async Task a_second_descriptor_of_one_blob_is_looked_at_too() =>
        await Refused(Good.Replace($"[{Layer}]", $"[{Layer},{Layer.Replace("size\":2", "size\":9")}]"), "has 9 bytes, but it has 2");

    [Fact]
    public async Task a_config_with_another_size() =>
        await Refused(Good.Replace($"\"config\":{Config}", $"\"config\":{Config.Replace("size\":2", "size\":3")}"),
            "has 3 bytes, but it has 2");

    [Fact]
    public async Task a_type_of_dockers_must_be_in_the_document_too() =>
        await Refused(Good.Replace($"\"mediaType\":\"{MediaType.Manifest}\",", ""), "'mediaType' is missing", MediaType.DockerManifest);

    [Fact]
    public async Task children_of_an_index_with_another_size_or_type()
    {
        var image = await Server.PushImage("a/b", "x", tag: null);
        var layer = await Server.PushBlob("a/b", "x"u8.ToArray());
        async Task Index(Descriptor child, string? told) => await (told is null
            ? Send("PUT", "/v2/a/b/manifests/i", new ImageIndex { Manifests = [child] }.ToJson(), MediaType.Index).Is(201)
            : Refused(Encoding.UTF8.GetString(new ImageIndex { Manifests = [child] }.ToJson()), told, MediaType.Index));
        await Index(image, null);
        await Index(image with { Size = image.Size + 1 }, $"it has {image.Size}");
        await Index(image with { MediaType = MediaType.Index }, "but it does not");
        await Index(image with { MediaType = MediaType.DockerManifest }, "but it does not");
        await Index(layer with { MediaType = MediaType.Manifest }, "but it does not");
        await Index(layer with { MediaType = "application/vnd.example+type" }, null);
    }

    [Fact]
    public async Task an_index_with_the_layers_of_a_manifest() =>
        // CVE-2021-41190
        await Refused($$"""{"schemaVersion":2,"mediaType":"{{MediaType.Index}}","manifests":[],"layers":[]}""",
            "'layers'", MediaType.Index);

    [Fact]
    public async Task a_subject_that_is_here_with_another_size_and_one_that_is_not_here_is_accepted()
    {
        var image = await Server.PushImage("a/b", "x", tag: null);
        string With(Descriptor subject) =>
            Good.Replace("\"annotations\":",
                $"\"subject\":{{\"mediaType\":\"{subject.MediaType}\",\"digest\":\"{subject.Digest}\",\"size\":{subject.Size}}},"
                + "\"annotations\":");
        await Put(With(image), 201);
        await Put(With(image with { Digest = Digest.Of("absent") }), 201);
        await Refused(With(image with { Size = 1 }), $"it has {image.Size}");
    }

    [Fact]
    public async Task only_the_first_of_many_missing_blobs_are_told()
    {
        var absent = Enumerable.Range(0, 1000)
            .Select(i => new Descriptor { MediaType = MediaType.Layer, Digest = Digest.Of($"absent {i}"), Size = 1 });
        var manifest = new Manifest
        {
            Config = await Server.PushBlob("a/b", "{}"u8.ToArray(), MediaType.Config),
            Layers = [.. absent]
        }.ToJson();
        using var answer = await Send("PUT", "/v2/a/b/manifests/1", manifest, MediaType.Manifest).Is(400, "MANIFEST_BLOB_UNKNOWN");
        Assert.Equal(20, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("errors").GetArrayLength());
    }

    private async Task<HttpResponseMessage> Refused(string manifest, string told, string type = MediaType.Manifest)
    {
        Assert.NotEqual(Good, manifest);
        var answer = await Put(manifest, 400, type, "MANIFEST_INVALID");
        var message = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("errors")[0]
            .GetProperty("message").GetString();
        Assert.Contains(told, message, StringComparison.Ordinal);
        await Send("GET", "/v2/a/b/manifests/false").Is(404);
        return answer;
    }

    private async Task<HttpResponseMessage> Put(string manifest, int status, string type = MediaType.Manifest, string? code = null)
    {
        await Server.PushBlob("a/b", "{}"u8.ToArray());
        return await Send("PUT", $"/v2/a/b/manifests/{(status == 201 ? "true" : "false")}", Encoding.UTF8.GetBytes(manifest), type)
            .Is(status, code);
    }
}
