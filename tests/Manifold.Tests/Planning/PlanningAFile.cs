using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Tests.Planning;

/// <summary>What becomes of instructions: what BuildKit's <c>dockerfile2llb</c> makes of the same.</summary>
public sealed class PlanningAFile
{
    [Theory]
    [InlineData("COPY f $empty", "/work/")]
    [InlineData("COPY --link f \"\"", "/work/")]
    [InlineData("COPY f .", "/work/")]
    [InlineData("COPY f x", "/work/x")]
    [InlineData("COPY f ..", "/")]
    public void a_destination_of_nothing_is_the_working_folder(string copy, string destination) =>
        Assert.Equal(destination,
            Assert.IsType<CopyStep>(Plan($"FROM scratch\nWORKDIR /work\nENV empty=\"\"\n{copy}\n").Images[0].Last).Destination);

    [Theory]
    [InlineData("FROM scratch\nARG TARGETSTAGE\nENV A=$TARGETSTAGE\n", null, "default")]
    [InlineData("FROM scratch AS one\nFROM scratch AS last\nARG TARGETSTAGE\nENV A=$TARGETSTAGE\n", null, "last")]
    [InlineData("FROM scratch AS one\nARG TARGETSTAGE\nENV A=$TARGETSTAGE\nFROM scratch AS last\n", "one", "one")]
    [InlineData("FROM scratch AS one\nARG TARGETSTAGE\nENV A=$TARGETSTAGE\nFROM one\n", null, "default")]
    [InlineData("FROM scratch AS one\nARG TARGETSTAGE\nENV A=$TARGETSTAGE\nFROM one\n", "1", "1")]
    public void TARGETSTAGE_is_the_stage_that_is_built(string text, string? target, string expected) =>
        Assert.Contains("A=" + expected, Plan(text, target).Images[0].Config.Config!.Env!.Value);

    [Theory]
    [InlineData("FROM app\n")]
    [InlineData("FROM alpine AS app\nFROM app\n")]
    [InlineData("FROM scratch\nCOPY --from=app / /\n")]
    public void docker_image_scratch_is_a_context_without_files(string text)
    {
        var context = ContextText.Parse("docker-image://scratch", "/", out _)!;

        var plan = Plan(text, contexts: ("app", context));

        Assert.All(plan.Images[0].Steps.OfType<BaseStep>(), ground => Assert.Null(ground.Image));
    }

    [Theory]
    [InlineData("RUN\n", "/bin/sh|-c|")]
    [InlineData("SHELL [\"/bin/bash\", \"-e\"]\nRUN\n", "/bin/bash|-e|")]
    [InlineData("RUN [ -n \"$A\" ] && make\n", "/bin/sh|-c|[ -n \"$A\" ] && make")]
    [InlineData("RUN <<-EOF\n\t#!/bin/x\nEOF\n", "/bin/sh|-c|/dev/pipes/EOF")]
    public void a_RUN_starts(string run, string arguments) =>
        Assert.Equal(arguments, string.Join('|', Assert.IsType<RunStep>(Plan("FROM scratch\n" + run).Images[0].Last).Arguments));

    [Theory]
    [InlineData("0123456", "the hash of a commit")]
    [InlineData("$C", "by a variable")]
    public void a_commit_may_be_the_checksum_of_a_repository(string checksum, string _)
    {
        var add = Assert.IsType<CopyStep>(
            Plan($"FROM scratch\nARG C=0123456\nADD --checksum={checksum} https://example.com/a.git#main /\n").Images[0].Last);

        Assert.Equal("0123456", Assert.IsType<GitSource>(Assert.Single(add.Remotes)).Address.Checksum);
    }

    [Theory]
    [InlineData("ADD --checksum=xyzxyzx https://example.com/a.git /", "not a checksum")]
    [InlineData("ARG C=foobar\nADD --checksum=$C https://example.com/a.git /", "is not a commit hash")]
    [InlineData("ARG C=0\nADD --checksum=$C https://example.com/a.git /", "is not a commit hash")]
    [InlineData("ARG C=ABCDEF0\nADD --checksum=$C https://example.com/a.git /", "is not a commit hash")]
    [InlineData("ADD https://example.com/a.git?commit=012345 /", "not a commit hash")]
    [InlineData("ADD --checksum=0123456 a /", "needs exactly one source")]
    [InlineData("ADD --checksum=0123456 https://example.com/a /", "not a checksum")]
    [InlineData("ADD --checksum=0123456 https://example.com/a.git?commit=7654321 /", "in the address, 7654321")]
    [InlineData("ADD https://example.com/a.git?tag=a#refs/heads/b /", "two refs")]
    [InlineData("ADD https://example.com/a.git?reff=a /", "'reff' is not supported")]
    public void a_checksum_or_address_that_cannot_be_is_refused(string add, string message)
    {
        var refused = Assert.Throws<DockerfileException>(() => Plan($"FROM scratch\n{add}\n"));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    private static BuildPlan Plan(string text, string? target = null, params (string Name, NamedContext Context)[] contexts) =>
        new Planner(DockerfileParser.Parse("Dockerfile", text).OrThrow(), new BuildRequest
        {
            ContextFolder = "/",
            Platforms = [Platform.Parse("linux/amd64")],
            Target = target,
            Contexts = contexts.ToImmutableSortedDictionary(each => each.Name, each => each.Context, StringComparer.Ordinal),
        }).Plan(new Dictionary<(ImageReference, Platform), BaseImage>());
}
