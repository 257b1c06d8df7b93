using Manifold.Oci;

namespace Manifold.Tests.Oci;

/// <summary>A reference that exists names a host that can be asked.</summary>
public sealed class NamingRegistries
{
    [Theory]
    [InlineData("a..b/c")]
    [InlineData("localhost:99999/a")]
    [InlineData("localhost:65536/a")]
    [InlineData("[::::]/a")]
    [InlineData("[12345::1]/a")]
    [InlineData("example.com:/a")]
    [InlineData("example.com:80:80/a")]
    [InlineData("exa mple.com/a")]
    [InlineData("alice@example.com/a")]
    [InlineData("münchen.example/a")]
    [InlineData("example.com%00/a")]
    [InlineData("example.com/a%00")]
    [InlineData("example.com/a\0")]
    [InlineData("")]
    public void what_is_no_host_is_no_reference(string text) => Assert.False(ImageReference.TryParse(text, out _));

    [Theory]
    [InlineData("[::1]:5000/a")]
    [InlineData("127.0.0.1:65535/a")]
    [InlineData("my-registry.example.com/a/b")]
    [InlineData("LOCALHOST/a")]
    [InlineData("xn--mnchen-3ya.example/a")]
    public void what_is_a_host_is(string text) => Assert.Equal(text.Split('/')[0], ImageReference.Parse(text).Registry);
}
