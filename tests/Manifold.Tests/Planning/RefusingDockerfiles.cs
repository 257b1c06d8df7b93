using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Tests.Planning;

/// <summary>Dockerfiles that can be read and mean something that cannot be: each mistake is found in the plan, at its line.</summary>
/// <remarks>Sources: the Dockerfile reference, and BuildKit, which refuses all of these unless a comment says otherwise.</remarks>
public sealed class RefusingDockerfiles
{
    [Theory]
    [InlineData("FROM --platform=nonsense/ scratch", 1)]
    [InlineData("FROM scratch\nFROM --platform=$UNSET scratch", 2)]
    [InlineData("FROM $UNSET", 1)]
    [InlineData("FROM Not-An-Image", 1)]
    [InlineData("FROM scratch\nCOPY --from=1 a /", 2)]
    [InlineData("FROM scratch AS own\nCOPY --from=own a /", 2)]
    [InlineData("FROM scratch AS one\nCOPY --from=two a /\nFROM scratch AS two\nFROM one", 2)]
    [InlineData("FROM scratch\nCOPY --from=7 a /", 2)]
    [InlineData("FROM scratch\nCOPY --from=Not-An-Image a /", 2)]
    [InlineData("FROM scratch\nRUN --mount=from=7,target=/x true", 2)]
    [InlineData("FROM scratch\nRUN --mount=from=NoImage,target=/x true", 2)]
    [InlineData("FROM scratch\nRUN --mount=type=bind true", 2)]
    [InlineData("FROM scratch\nRUN --mount=type=bind,target=/ true", 2)]
    [InlineData("FROM scratch\nRUN --mount=type=bind,target=$UNSET true", 2)]
    [InlineData("FROM scratch\nARG M=maybe\nRUN --mount=type=cache,target=/x,sharing=$M true", 3)]
    [InlineData("FROM scratch\nRUN --mount=type=secret,id=absent,required true", 2)]
    [InlineData("FROM scratch\nRUN --mount=type=ssh,id=absent,required true", 2)]
    [InlineData("FROM scratch\nRUN --network=host true", 2)]
    [InlineData("FROM scratch\nRUN --security=insecure true", 2)]
    [InlineData("FROM scratch\nCOPY --chmod=u+q a /", 2)] // BuildKit 26 goes on with it
    [InlineData("FROM scratch\nCOPY --exclude=[ a /", 2)]
    [InlineData("FROM scratch\nADD --checksum=sha256:abc https://example.com/a /", 2)]
    [InlineData("FROM scratch\nADD --checksum=sha256:abc a b /c/", 2)]
    [InlineData("FROM scratch\nADD https://[ /", 2)]
    [InlineData("FROM scratch\nEXPOSE http", 2)]
    [InlineData("FROM scratch\nEXPOSE 9000-8000", 2)]
    [InlineData("FROM scratch\nEXPOSE 80/icmp", 2)]
    [InlineData("FROM scratch\nARG P=http\nEXPOSE $P", 3)]
    [InlineData("FROM scratch\nARG M=u+q\nCOPY --chmod=$M a /", 3)] // BuildKit 26 goes on with it
    [InlineData("FROM scratch\nARG V\nVOLUME $V", 3)]
    [InlineData("FROM scratch\nARG C=sha256:abc\nADD --checksum=$C https://example.com/a /", 3)]
    [InlineData("FROM scratch\nARG C=main\nADD --checksum=$C https://example.com/a.git /", 3)]
    [InlineData("FROM scratch\nARG T\nRUN --mount=type=bind,from=0,target=$T true", 3)]
    [InlineData("FROM scratch\nSTOPSIGNAL SIGNONSENSE", 2)]
    [InlineData("FROM scratch\nVOLUME [\"\"]", 2)]
    [InlineData("FROM scratch\nLABEL a=1\nENV B=${UNSET?required}", 3)]
    [InlineData("FROM scratch\nCOPY <<EOF /f\n${UNSET:?must be set}\nEOF", 2)]
    public void the_mistake_is_found_at_its_line(string text, int line)
    {
        var refused = Assert.Throws<DockerfileException>(() => Plan(text));

        Assert.Equal(line, Assert.Single(refused.Diagnostics, each => each.Severity == Severity.Error).Place.Line);
    }

    [Fact]
    public void all_mistakes_are_found_at_once_and_each_once_for_all_platforms()
    {
        var refused = Assert.Throws<DockerfileException>(() =>
            Plan("FROM scratch\nARG P=http M=q\nEXPOSE $P\nSTOPSIGNAL SIGNONSENSE\nCOPY --chmod=$M a /\n",
                platforms: ["linux/amd64", "linux/arm64"]));

        Assert.Equal([3, 4, 5], refused.Diagnostics.Select(each => each.Place.Line));
    }

    [Fact]
    public void stages_that_stand_on_each_other_are_refused() =>
        Assert.Throws<DockerfileException>(() => Plan("FROM two AS one\nFROM one AS Two\nCOPY --from=Two / /\n"));

    [Theory]
    [InlineData("missing")]
    [InlineData("7")]
    public void a_target_that_is_not_there_is_refused(string target) =>
        Assert.Throws<UsageException>(() => Plan("FROM scratch AS one\n", target: target));

    [Theory]
    [InlineData("RUN", "NoSuchInstruction x")]
    [InlineData("ONBUILD", "ONBUILD RUN true")]
    public void a_trigger_that_cannot_be_is_refused_at_the_FROM_that_brings_it(string _, string trigger)
    {
        var (reference, platform) = (ImageReference.Parse("example.com/base:1"), Platform.Parse("linux/amd64"));
        var config = new ImageConfig { Os = "linux", Architecture = "amd64", Config = new ContainerConfig { OnBuild = [trigger] } };
        var blob = new Descriptor { MediaType = MediaType.Config, Digest = Digest.Of(config.ToJson()), Size = 1 };
        var bases = new Dictionary<(ImageReference, Platform), BaseImage>
        {
            [(reference, platform)] = new(reference, platform, blob, new Manifest { Config = blob, Layers = [] }, config),
        };
        var planner = new Planner(Tree("FROM scratch\nFROM example.com/base:1\n"), Request());

        var refused = Assert.Throws<DockerfileException>(() => planner.NeedsBesides(bases));

        Assert.Equal(2, Assert.Single(refused.Diagnostics).Place.Line);
    }

    /// <summary>BuildKit, docs/build-repro.md: the stage is FROM scratch with one ADD of an address.</summary>
    [Theory]
    [InlineData("FROM scratch AS time\nADD https://example.com/a /\n", true)]
    [InlineData("FROM scratch AS time\nARG V=1\nADD https://example.com/$V.git#main /\n", true)]
    [InlineData("FROM scratch AS time\nADD a /\n", false)]
    [InlineData("FROM scratch AS time\nADD https://example.com/a /\nADD https://example.com/b /\n", false)]
    [InlineData("FROM scratch AS time\nRUN true\n", false)]
    [InlineData("FROM alpine AS time\nADD https://example.com/a /\n", false)]
    public void a_stage_that_gives_the_time_has_one_source(string stage, bool isValid)
    {
        var (tree, request) = (Tree(stage + "FROM scratch\nCOPY a /\n"), Request() with
        {
            BuildArguments = ImmutableSortedDictionary<string, string>.Empty.Add("SOURCE_DATE_EPOCH", "time"),
        });

        if (isValid)
            Assert.NotNull(EpochStage.SourceOf(tree, request));
        else
            Assert.Throws<DockerfileException>(() => EpochStage.SourceOf(tree, request));
        Assert.Throws<UsageException>(() => new Planner(tree, request)); // the caller finds the time out before
    }

    private static BuildPlan Plan(string text, string? target = null, params string[] platforms)
    {
        var request = Request() with { Target = target };
        if (platforms.Length > 0)
            request = request with { Platforms = [.. platforms.Select(Platform.Parse)] };
        return new Planner(Tree(text), request).Plan(new Dictionary<(ImageReference, Platform), BaseImage>());
    }

    private static DockerfileTree Tree(string text) => DockerfileParser.Parse("Dockerfile", text).OrThrow();

    private static BuildRequest Request() => new() { ContextFolder = "/context", Platforms = [Platform.Parse("linux/amd64")] };
}
