using Manifold.Oci;

namespace Manifold.Tests.Oci;

/// <summary>Names of images as the distribution project's grammar has them, and what Docker makes of short ones.</summary>
/// <remarks>
/// Sources of the expectations: distribution/reference, the grammar in reference.go ("name [ ":" tag ] [ "@" digest ]") and the facts of
/// reference_test.go and normalize_test.go (commit 4894124); OCI distribution specification, "Pulling manifests", for tags.
/// </remarks>
public sealed class ParsingReferences
{
    private const string F64 = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    // Registry, repository, tag.
    [Theory]
    [InlineData("test_com", "docker.io", "library/test_com", "latest")]
    [InlineData("test.com:tag", "docker.io", "library/test.com", "tag")]
    [InlineData("test.com:5000", "docker.io", "library/test.com", "5000")]
    [InlineData("test.com/repo:tag", "test.com", "repo", "tag")]
    [InlineData("test:5000/repo", "test:5000", "repo", "latest")]
    [InlineData("test:5000/repo:tag", "test:5000", "repo", "tag")]
    [InlineData("lowercase:Uppercase", "docker.io", "library/lowercase", "Uppercase")]
    [InlineData("sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux", "some-long-tag")]
    [InlineData("b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app", "test.example.com")]
    [InlineData("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com")]
    [InlineData("foo/foo_bar.com:8080", "docker.io", "foo/foo_bar.com", "8080")]
    [InlineData("192.168.1.1", "docker.io", "library/192.168.1.1", "latest")]
    [InlineData("192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050")]
    [InlineData("[2001:db8::1]/repo", "[2001:db8::1]", "repo", "latest")]
    [InlineData("[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag")]
    [InlineData("[::1]:5000/repo", "[::1]:5000", "repo", "latest")]
    [InlineData("docker---rules/docker", "docker.io", "docker---rules/docker", "latest")]
    [InlineData("dock__er/docker", "docker.io", "dock__er/docker", "latest")]
    [InlineData("d/t", "docker.io", "d/t", "latest")]
    [InlineData("thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev", "docker.io",
        "library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev", "latest")]
    [InlineData("docker.io/1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a", "docker.io",
        "library/1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a", "latest")]
    public void a_reference_is_split(string text, string registry, string repository, string tag)
    {
        var reference = ImageReference.Parse(text);

        Assert.Equal((registry, repository, tag, null), (reference.Registry, reference.Repository, reference.Tag, reference.Digest));
    }

    [Fact]
    public void a_repository_has_at_most_255_characters()
    {
        var longest = string.Concat(Enumerable.Repeat("a/", 127)) + "a";

        Assert.Equal(longest, ImageReference.Parse($"{longest}:tag-puts-this-over-max").Repository);
        Assert.False(ImageReference.TryParse($"a/{longest}:tag", out _));
    }

    [Fact]
    public void a_refusal_says_what_is_wrong_with_an_id_and_with_a_long_name()
    {
        var id = Assert.Throws<FormatException>(() => ImageReference.Parse(F64));
        var longName = Assert.Throws<FormatException>(() => ImageReference.Parse(new string('a', 256)));

        Assert.Contains("is the ID of an image", id.Message, StringComparison.Ordinal);
        Assert.Contains("at most 255 characters", longName.Message, StringComparison.Ordinal);
    }

    /// <summary>Engines take an id where they take a name, so a name that looks like an id would be ambiguous.</summary>
    [Theory, InlineData(F64), InlineData("1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a")]
    public void an_id_is_not_a_name(string text) => Assert.False(ImageReference.TryParse(text, out _));

    /// <summary>What a name without a registry means, and the other names of Docker Hub.</summary>
    [Theory]
    [InlineData("redis", "docker.io/library/redis:latest")]
    [InlineData("library/redis", "docker.io/library/redis:latest")]
    [InlineData("docker.io/redis", "docker.io/library/redis:latest")]
    [InlineData("index.docker.io/redis", "docker.io/library/redis:latest")]
    [InlineData("index.docker.io/library/redis", "docker.io/library/redis:latest")]
    [InlineData("registry-1.docker.io/redis", "docker.io/library/redis:latest")] // the host that the daemon asks for docker.io
    [InlineData("dmcgowan/myapp", "docker.io/dmcgowan/myapp:latest")]
    [InlineData("other/library", "docker.io/other/library:latest")]
    [InlineData("library/foo/bar", "docker.io/library/foo/bar:latest")]
    [InlineData("test_com/foo", "docker.io/test_com/foo:latest")]
    [InlineData("ubuntu-12.04-base", "docker.io/library/ubuntu-12.04-base:latest")]
    [InlineData("localhost/app", "localhost/app:latest")]
    [InlineData("localhost", "docker.io/library/localhost:latest")]
    [InlineData("127.0.0.1:8000/privatebase", "127.0.0.1:8000/privatebase:latest")]
    [InlineData("example.com/library/foo", "example.com/library/foo:latest")]
    [InlineData("Foo/bar", "Foo/bar:latest")]
    [InlineData("FOO/bar", "FOO/bar:latest")]
    [InlineData("redis@sha256:" + F64, "docker.io/library/redis@sha256:" + F64)]
    [InlineData("busybox:latest@sha256:" + F64, "docker.io/library/busybox:latest@sha256:" + F64)]
    [InlineData("[2001:db8::1]:5000/repo:tag@sha256:" + F64, "[2001:db8::1]:5000/repo:tag@sha256:" + F64)]
    [InlineData("xn--7o8h.com/myimage@sha512:" + F64 + F64, "xn--7o8h.com/myimage@sha512:" + F64 + F64)]
    public void a_short_name_becomes_a_full_one(string text, string full)
    {
        Assert.Equal(full, ImageReference.Parse(text).ToString());
        Assert.Equal(ImageReference.Parse(full), ImageReference.Parse(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(":justtag")]
    [InlineData("@sha256:" + F64)]
    [InlineData("repo@sha256:ffffffffffffffffffffffffffffffffff")]
    [InlineData("validname@invaliddigest:" + F64)]
    [InlineData("repo@")]
    [InlineData("repo:")]
    [InlineData("Uppercase:tag")]
    [InlineData("test:5000/Uppercase/lowercase:tag")]
    [InlineData("docker/Docker")]
    [InlineData("aa/asdf$$^/aa")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[2001:db8::1]:5000")]
    [InlineData("[2001:db8::1]:tag")]
    [InlineData("[fe80::1%eth0]:5000/repo")]
    [InlineData("[2001:db8:3:4::192.0.2.33]:5000/debian")]
    [InlineData("fc00::1:5000/debian")]
    [InlineData("https://github.com/docker/docker")]
    [InlineData("docker://quay.io/library/foo:bar")]
    [InlineData("-docker")]
    [InlineData("-docker/docker")]
    [InlineData("docker-/docker")]
    [InlineData("-docker.io/docker/docker")]
    [InlineData("docker///docker")]
    [InlineData("docker/")]
    [InlineData("/docker")]
    [InlineData("____/____")]
    [InlineData("_docker/_docker")]
    [InlineData("dock..er/docker")]
    [InlineData("dock_.er/docker")]
    [InlineData("dock-.er/docker")]
    [InlineData("dock___er/docker")]
    [InlineData("repo:-tag")]
    [InlineData("repo:.tag")]
    [InlineData("repo:tag\n")]
    [InlineData("repo\n")]
    public void what_the_grammar_does_not_have_is_refused(string? text) => Assert.False(ImageReference.TryParse(text, out _));

    /// <summary>A tag has at most 128 characters.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void a_tag_is_as_long_as_the_specification_allows(int length, bool isValid) =>
        Assert.Equal(isValid, ImageReference.TryParse("repo:" + new string('t', length), out _));

    [Theory]
    [InlineData("test.com/foo", "tag", "test.com/foo:tag")]
    [InlineData("test.com:8000/foo:old", "TAG5", "test.com:8000/foo:TAG5")]
    [InlineData("test.com/foo@sha256:" + F64, "tag", "test.com/foo:tag")]
    public void another_tag_takes_the_place_of_tag_and_digest(string text, string tag, string expected) =>
        Assert.Equal(expected, ImageReference.Parse(text).WithTag(tag).ToString());

    [Theory]
    [InlineData("-foo")]
    [InlineData("")]
    [InlineData("a/b")]
    public void what_is_no_tag_is_refused(string tag) => Assert.Throws<FormatException>(() => ImageReference.Parse("busybox").WithTag(tag));

    [Fact]
    public void a_digest_keeps_the_tag_and_is_what_the_registry_is_asked_for()
    {
        var tagged = ImageReference.Parse("test.com/foo:tag");
        var both = tagged.WithDigest(Digest.Parse("sha256:" + F64));

        Assert.Equal("test.com/foo:tag@sha256:" + F64, both.ToString());
        Assert.Equal(("tag", "sha256:" + F64), (tagged.Selector, both.Selector));
    }

    [Fact]
    public void references_are_equal_however_they_were_written()
    {
        var (shortly, fully) = (ImageReference.Parse("redis:7"), ImageReference.Parse("docker.io/library/redis:7"));

        Assert.Equal((fully, fully.GetHashCode()), (shortly, shortly.GetHashCode()));
        Assert.Equal(("redis", null), (shortly.ShortName, shortly.Qualified().ShortName));
        Assert.Same(fully, fully.Qualified());
        Assert.NotEqual(fully, ImageReference.Parse("redis:8"));
    }

    [Fact]
    public void a_refusal_names_the_text() =>
        Assert.Contains("'Not Valid'", Assert.Throws<FormatException>(() => ImageReference.Parse("Not Valid")).Message,
            StringComparison.Ordinal);
}
