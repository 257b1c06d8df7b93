using System.Text;
using Manifold.Oci;

namespace Manifold.Tests.Oci;

/// <summary>Documents from outside: what is not valid is refused with a sentence, and what is valid needs no second look.</summary>
public sealed class ReadingDocuments
{
    private const string Hex = "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a";

    [Theory]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"Env":[null]}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"Env":["A=\u0000"]}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"Env":"A=b"}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"Cmd":["a",null]}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"Entrypoint":[null]}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"Shell":[null]}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"OnBuild":[null]}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"Healthcheck":{"Test":[null]}}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"Labels":{"a":null}}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"WorkingDir":"/a\u0000b"}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"User":"\u0000"}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"Volumes":{"/a\u0000":{}}}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","history":[null]}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","os.features":[null]}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[null]}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","created":"0000-00-00T00:00:00Z"}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","created":"0001-01-01T00:00:00+14:00"}""")]
    [InlineData("""{"architecture":"amd64","os":"linux\n"}""")]
    [InlineData("""{"architecture":null,"os":"linux"}""")]
    [InlineData("""{"architecture":"amd64"}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","config":{"User":"\ud800"}}""")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("")]
    public void a_config_is_refused(string json) => Refused(json, ImageConfig.Parse);

    [Theory]
    [InlineData("""{"config":null,"layers":[]}""")]
    [InlineData("""{"config":CONFIG,"layers":null}""")]
    [InlineData("""{"config":CONFIG,"layers":[null]}""")]
    [InlineData("""{"config":CONFIG}""")]
    [InlineData("""{"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"sha256:HEX","size":-1}]}""")]
    [InlineData("""{"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"sha256:HEX","size":9223372036854775807}]}""")]
    [InlineData("""{"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"sha256:HEX","size":9223372036854775808}]}""")]
    [InlineData("""{"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"sha256:HEX","size":"1"}]}""")]
    [InlineData("""{"config":CONFIG,"layers":[{"mediaType":null,"digest":"sha256:HEX","size":1}]}""")]
    [InlineData("""{"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"sha256:../..","size":1}]}""")]
    [InlineData("""{"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"sha256:HEX","size":1,"annotations":{"a":null}}]}""")]
    [InlineData("""{"config":CONFIG,"layers":[],"annotations":{"a":null}}""")]
    [InlineData("""{"config":CONFIG,"layers":[],"subject":{"mediaType":"a/b","digest":"sha256:HEX","size":-1}}""")]
    public void a_manifest_is_refused(string json) => Refused(json, Manifest.Parse);

    [Theory]
    [InlineData("""{"manifests":null}""")]
    [InlineData("""{"manifests":[null]}""")]
    [InlineData("""{"manifests":[{"mediaType":"a/b","digest":"sha256:HEX","size":-1}]}""")]
    [InlineData("""{"manifests":[{"mediaType":"a/b","digest":"sha256:HEX","size":1,"platform":{"os":null,"architecture":"a"}}]}""")]
    [InlineData("""{"manifests":[{"mediaType":"a/b","digest":"sha256:HEX","size":1,"platform":{"os":"a\u001b","architecture":"a"}}]}""")]
    [InlineData("""{"manifests":[{"mediaType":"a/b","digest":"sha256:HEX","size":1,"urls":[null]}]}""")]
    [InlineData("""{"manifests":[],"annotations":{"a":null}}""")]
    public void an_index_is_refused(string json) => Refused(json, ImageIndex.Parse);

    [Fact]
    public void a_document_that_is_nested_without_end_is_refused() =>
        Refused(new string('[', 100_000), ImageIndex.Parse);

    [Fact]
    public void the_sizes_of_as_many_layers_as_a_document_can_hold_add_up()
    {
        var layer = $$"""{"mediaType":"a","digest":"sha256:{{Hex}}","size":{{Limits.ContentBytes}}}""";
        var most = Limits.ImageDocumentsBytes / layer.Length;
        Assert.True(most * (decimal)Limits.ContentBytes < long.MaxValue);
        var manifest = Manifest.Parse(Encoding.UTF8.GetBytes(Filled($$"""{"config":CONFIG,"layers":[{{layer}}]}""")));
        Assert.Equal(Limits.ContentBytes, Assert.Single(manifest.Layers).Size);
    }

    [Fact]
    public void what_go_writes_for_nothing_is_read() // nil slices and maps, and the zero time
    {
        var config = ImageConfig.Parse(Encoding.UTF8.GetBytes("""
            {"created":"0001-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{"Env":null,"Cmd":null,"Labels":null,"Volumes":null,"ExposedPorts":null,"OnBuild":null,"Entrypoint":null},"rootfs":{"type":"layers","diff_ids":[]},"history":null}
            """));
        Assert.Empty(config.RootFs.DiffIds);
        Assert.Empty(ImageConfig.Parse("""{"architecture":"","os":"","rootfs":null,"config":null}"""u8).RootFs.DiffIds);
    }

    private static void Refused<T>(string json, Func<ReadOnlySpan<byte>, T> parse)
    {
        var refusal = Assert.Throws<DocumentException>(() => parse(Encoding.UTF8.GetBytes(Filled(json))));
        Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
    }

    private static string Filled(string json) =>
        json.Replace("CONFIG", $$"""{"mediaType":"a/b","digest":"sha256:{{Hex}}","size":2}""", StringComparison.Ordinal)
            .Replace("HEX", Hex, StringComparison.Ordinal);
}
