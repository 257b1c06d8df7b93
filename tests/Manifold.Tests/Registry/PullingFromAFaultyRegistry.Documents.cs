using System.Text;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Tests.Registry;

/// <summary>The registry sends documents that are wrong.</summary>
public sealed partial class PullingFromAFaultyRegistry
{
    [Fact]
    public async Task a_wrong_digest_header_is_refused()
    {
        Registry.AddImage("app", "1", Noise(10));
        Registry.Fault = context =>
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers["Docker-Content-Digest"] = Digest.Of("another").ToString();
                return Task.CompletedTask;
            });
            return Task.FromResult(false);
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference("app:1")));
        Assert.Contains($"instead of {Digest.Of("another")}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_manifest_that_is_not_what_its_digest_says_is_refused()
    {
        var image = Registry.AddImage("app", "1", Noise(10));
        Registry.Manifests[$"app@{image.Digest}"] = (MediaType.Manifest, "{}"u8.ToArray());
        await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference($"app@{image.Digest}")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_manifest_without_bound_is_refused(bool saysItsLength)
    {
        Registry.Fault = async context =>
        {
            if (saysItsLength)
                context.Response.ContentLength = Limits.DocumentBytes + 1;
            context.Response.ContentType = MediaType.Manifest;
            await context.Response.Body.WriteAsync(new byte[Limits.DocumentBytes + 1]);
            return true;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference("app:1")));
        Assert.Contains("more than 4 MiB for one document", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>welcome</html>", "text/html")]
    [InlineData("[1,2", "application/json")]
    [InlineData("""{"schemaVersion":1,"fsLayers":[]}""", "application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [InlineData("null", MediaType.Manifest)]
    [InlineData("""{"schemaVersion":2,"layers":"x"}""", MediaType.Manifest)]
    [InlineData("""{"manifests":[{"digest":"sha256:xyz"}]}""", MediaType.Index)]
    [InlineData("""{"schemaVersion":2,"manifests":null}""", MediaType.Index)]
    [InlineData("""{"schemaVersion":2,"manifests":[null]}""", MediaType.Index)]
    [InlineData("""{"schemaVersion":2,"config":null,"layers":[]}""", MediaType.Manifest)]
    [InlineData(
        """{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[null]}""",
        MediaType.Manifest)]
    public async Task what_is_no_manifest_is_refused(string content, string type)
    {
        Registry.AddManifest("app", "1", Encoding.UTF8.GetBytes(content), type);
        var refusal = await Assert.ThrowsAsync<RegistryException>(
            () => new Puller(Client(), Store, Origins).ResolveAsync(Registry.Reference("app:1")));
        Assert.StartsWith($"pull {Registry.Name}/app:1: ", refusal.Message, StringComparison.Ordinal);
    }
}
