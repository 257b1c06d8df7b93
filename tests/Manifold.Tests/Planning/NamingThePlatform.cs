using System.Collections.Immutable;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Tests.Planning;

/// <summary>
/// The config of an image names the platform that was asked for, whatever older processor its base was built for. BuildKit 0.13 says the
/// same.
/// </summary>
public sealed class NamingThePlatform
{
    [Theory]
    [InlineData("linux/arm/v7", "arm", "v6", "linux/arm/v7")]
    [InlineData("linux/arm/v7", "arm", "v5", "linux/arm/v7")]
    [InlineData("linux/amd64/v3", "amd64", null, "linux/amd64/v3")]
    [InlineData("linux/amd64", "amd64", null, "linux/amd64")]
    public void of_a_base_that_serves_it(string asked, string architecture, string? variant, string expected) =>
        Assert.Equal(Platform.Parse(expected), ConfigOf("FROM base\nENV A=b\n", asked, architecture, variant).Platform);

    [Fact]
    public void a_base_that_says_the_same_in_other_words_keeps_its_words() =>
        Assert.Equal("v8", ConfigOf("FROM base\n", "linux/arm64", "arm64", "v8").Variant);

    [Fact]
    public void a_stage_for_another_architecture_stays_what_it_is() =>
        Assert.Equal("amd64", ConfigOf("FROM --platform=linux/amd64 base\n", "linux/arm64", "amd64", null).Architecture);

    private static ImageConfig ConfigOf(string text, string asked, string architecture, string? variant)
    {
        var planner = new Planner(DockerfileParser.Parse("Dockerfile", text).Tree,
            new BuildRequest { ContextFolder = "/", Platforms = [Platform.Parse(asked)] });
        var bases = planner.Needs.ToImmutableDictionary(need => (need.Reference, need.Platform), need => new BaseImage(
            need.Reference, need.Platform, new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of("x"), Size = 1 },
            new Manifest { Config = new Descriptor { MediaType = MediaType.Config, Digest = Digest.Of("y"), Size = 1 }, Layers = [] },
            new ImageConfig
            {
                Os = "linux",
                Architecture = architecture,
                Variant = variant,
                Config = new ContainerConfig(),
            }));
        return planner.Plan(bases).Images[0].Config;
    }
}
