using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Advising;

namespace Manifold.Tests.Planning;

/// <summary>Advice: when it is given, when not, and what it says to write.</summary>
public sealed class AdvisingOnBuilds
{
    private static readonly Platform[] Platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")];

    [Theory]
    [InlineData("go build -o /app ./cmd/app", "golang", "Go", "go build -o /app ./cmd/app")]
    [InlineData("cd src && CGO_ENABLED=0 go build .", "golang", "Go", "go build .")]
    [InlineData("go build -ldflags \"-s -w; -X v=$(git describe | head -1)\" . 2>&1 | cat", "golang", "Go",
        "go build -ldflags \"-s -w; -X v=$(git describe | head -1)\" . 2>&1")]
    [InlineData("go -C src build", "golang", "Go", "go -C src build")]
    [InlineData("/usr/local/go/bin/go build", "debian", "Go", "/usr/local/go/bin/go build")]
    [InlineData("apt-get update; \\\n  cargo build --release", "rust", "Rust", "cargo build --release")]
    [InlineData("dotnet publish -c Release -o /out", "dotnet/sdk", "DotNet", "dotnet publish -c Release -o /out")]
    [InlineData("make", "library/golang", "Go", "make")]
    [InlineData("make", "library/gcc", "C", "make")]
    [InlineData("make deps && cargo build", "library/rust", "Rust", "cargo build")]
    [InlineData("make && gcc -o /app main.c", "quay.io/acme/builder", "C", "gcc -o /app main.c")]
    [InlineData("./configure && make", "debian", "C", "./configure")]
    [InlineData("if true; then gcc -o /app main.c; fi", "debian", "C", "gcc -o /app main.c")]
    public void a_compiler_is_recognized_by_its_command(string script, string repository, string toolchain, string command)
    {
        var found = Toolchains.Find(script, repository)!.Value;
        Assert.Equal((toolchain, command), (found.Toolchain.ToString(), found.Command.Text));
    }

    [Theory]
    [InlineData("apt-get install -y make gcc golang cargo")]
    [InlineData("go mod download")]
    [InlineData("echo go build")]
    [InlineData("# make\ntrue")]
    [InlineData("cargo fetch")]
    [InlineData("dotnet restore")]
    public void what_only_mentions_a_compiler_is_not_one(string script) => Assert.Null(Toolchains.Find(script, "debian"));

    [Theory]
    [InlineData("node")]
    [InlineData("docker.io/library/python")]
    [InlineData("docker.io/library/rust")]
    [InlineData("mcr.microsoft.com/dotnet/sdk")]
    [InlineData("quay.io/acme/builder")]
    public void make_is_recognized_only_in_images_of_go_and_c(string repository) => Assert.Null(Toolchains.Find("make", repository));

    [Theory]
    [InlineData("go build -o /app .", "golang:1.22", "RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /app .")]
    [InlineData("cd src && CGO_ENABLED=0 go build .", "golang:1.22", "RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build .")]
    [InlineData("dotnet publish -o /out", "mcr.microsoft.com/dotnet/sdk:9.0", "RUN dotnet publish -a $TARGETARCH -o /out")]
    [InlineData("cargo build --release", "rust:1", "RUN case $TARGETARCH in amd64) T=x86_64-unknown-linux-gnu;; "
        + "arm64) T=aarch64-unknown-linux-gnu;; esac; rustup target add $T; cargo build --target $T --release")]
    [InlineData("cargo build --release", "rust:1-alpine", "arm64) T=aarch64-unknown-linux-musl;;")]
    [InlineData("gcc -o /app main.c", "debian:12", "RUN xx-clang -o /app main.c")]
    [InlineData("g++ -o /app main.cpp", "debian:12", "RUN xx-clang++ -o /app main.cpp")]
    [InlineData("make", "debian:12", "RUN make CC=xx-clang")]
    [InlineData("make app", "golang:1.22", "RUN GOOS=$TARGETOS GOARCH=$TARGETARCH make app")]
    [InlineData("./configure --prefix=/usr", "debian:12", "RUN ./configure --host=$(xx-clang --print-target-triple) CC=xx-clang "
        + "--prefix=/usr")]
    [InlineData("cmake .", "debian:12", "RUN cmake $(xx-clang --print-cmake-defines) .")]
    public void the_lines_to_write_cross_compile(string command, string image, string line)
    {
        var advice = Assert.Single(Advice($"FROM {image} AS build\nRUN {command}\nFROM scratch\nCOPY --from=build /app /app\n"));
        Assert.Equal(AdviceKind.CrossCompile, advice.Kind);
        Assert.Contains("Dockerfile:2: ", advice.Message, StringComparison.Ordinal);
        Assert.Contains("linux/arm64", advice.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("linux/amd64", advice.Message, StringComparison.Ordinal);
        Assert.Equal($"FROM --platform=$BUILDPLATFORM {image} AS build", advice.Lines[0]);
        Assert.Contains(line, advice.Lines[^1], StringComparison.Ordinal);
        Assert.Contains(advice.Lines, each => each.StartsWith("ARG TARGET", StringComparison.Ordinal));
    }

    [Fact]
    public void go_is_told_the_version_of_arm()
    {
        var advice = Assert.Single(Advice("FROM golang:1.22 AS build\nRUN go build .\nFROM scratch\nCOPY --from=build /app /app\n",
            "linux/amd64", "linux/arm/v6"));
        Assert.Equal("ARG TARGETOS TARGETARCH TARGETVARIANT", advice.Lines[1]);
        Assert.Equal("RUN GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} go build .", advice.Lines[2]);
    }

    [Fact]
    public void a_long_command_is_cut_between_characters()
    {
        var command = "go build -o /app " + new string('x', 81) + "😀😀"; // the first emoji is before and after the limit
        var advice = Assert.Single(Advice($"FROM golang:1.22 AS build\nRUN {command}\nFROM scratch\nCOPY --from=build /app /app\n"));
        Assert.Contains("xx…'", advice.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(advice.Message, char.IsSurrogate);
    }

    [Theory]
    [InlineData("FROM golang:1.22\nRUN go build -o /app .\n")] // the image itself
    // native
    [InlineData("FROM --platform=linux/amd64 golang:1.22 AS build\nRUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n")]
    [InlineData("FROM debian:12 AS build\nRUN apt-get install -y curl\nFROM scratch\nCOPY --from=build /app /app\n")] // no compiler
    [InlineData("FROM rust:1 AS build\nRUN make\nFROM scratch\nCOPY --from=build /app /app\n")] // make has no option for the platform
    [InlineData("FROM mcr.microsoft.com/dotnet/sdk:9.0 AS build\nRUN make\nFROM scratch\nCOPY --from=build /app /app\n")]
    [InlineData("FROM quay.io/acme/builder AS build\nRUN make\nFROM scratch\nCOPY --from=build /app /app\n")] // unknown what it compiles
    public void there_is_no_advice_where_it_would_not_help(string dockerfile) => Assert.Empty(Advice(dockerfile));

    [Theory]
    [InlineData("debian:12.5", "12.7")]
    [InlineData("debian:12.5-slim", "12.6-slim")]
    [InlineData("golang:1.22.3", "1.22.9")]
    [InlineData("golang:1.22.3-bookworm", "1.22.10-bookworm")]
    [InlineData("acme/tool:v2.0.1", "v2.0.4")]
    [InlineData("golang:1.22.9", null)]
    [InlineData("golang:1.22", null)]
    [InlineData("python:3.11", null)]
    [InlineData("debian:12", null)]
    [InlineData("debian:bookworm", null)]
    public void a_newer_patch_has_the_same_numbers_before_it_and_the_same_suffix(string image, string? newer)
    {
        string[] tags =
        [
            "latest", "12", "12.5", "12.7", "12.6-slim", "13.0", "1.22", "1.22.3", "1.22.9", "1.23.11", "1.22.10-bookworm",
                "1.22.99-rc1", "1.22.x",
            "3.12", "v2.0.1", "v2.0.4", "2.0.9", "not a tag!",
        ];
        Assert.Equal(newer, NewerTags.Find(ImageReference.Parse(image), tags));
    }

    [Fact]
    public void images_that_use_two_versions_of_a_base_could_share_it()
    {
        var advice = Assert.Single(Shared(("api", "debian:12.5"), ("web", "debian:12.5"), ("worker", "debian:12.6"), ("job",
            "node:20-slim")));
        Assert.Equal("api, web use 'debian:12.5'; worker uses 'debian:12.6'. Use debian:12.6 in all of them to share its layers (1.0 kB "
            + "less to store and pull).", advice.Message);
    }

    [Fact]
    public void the_version_that_is_advised_is_the_newest_by_number() =>
        Assert.Contains("Use node:20.10-slim", Assert.Single(Shared(("a", "node:20.10-slim"), ("b", "node:20.9-slim"))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("debian:12.5", "debian:11.9")]
    [InlineData("node:20.1", "node:20.2-slim")]
    [InlineData("debian:12.5", "ubuntu:12.6")]
    [InlineData("debian:bookworm", "debian:trixie")]
    [InlineData("debian:12.5", "debian:12.5")]
    public void bases_that_differ_on_purpose_are_left_alone(string one, string other) => Assert.Empty(Shared(("a", one), ("b", other)));

    [Fact]
    public void one_image_may_use_two_versions() => Assert.Empty(Shared(("a", "debian:12.5"), ("a", "debian:12.6")));

    [Fact]
    public void the_same_advice_for_several_images_is_given_once()
    {
        var advice = new BuildAdvice(AdviceKind.CrossCompile, "Dockerfile:2: x") { Lines = ["FROM x"] };
        var merged = BuildAdvice.Merged([advice with { Component = "api" }, advice with { Component = "web", Lines = ["FROM x"] }]);
        Assert.Equal("api, web", Assert.Single(merged).Component);
    }

    private static List<BuildAdvice> Shared(params (string Component, string Image)[] used) =>
        [.. SharedBases.Of(
            used.Select(each => new UsedBase(each.Component, Base(ImageReference.Parse(each.Image), Platforms[0]))))];

    /// <summary>The advice for a Dockerfile that is built for one platform natively, and for another emulated.</summary>
    private static List<BuildAdvice> Advice(string dockerfile, string native = "linux/amd64", string emulated = "linux/arm64")
    {
        var request = new BuildRequest { ContextFolder = "/", Platforms = [Platform.Parse(native), Platform.Parse(emulated)] };
        var planner = new Planner(DockerfileParser.Parse("Dockerfile", dockerfile).OrThrow(), request);
        var plan = planner.Plan(planner.Needs.ToDictionary(need => (need.Reference, need.Platform), need => Base(need.Reference,
            need.Platform)));
        return [.. CrossCompiling.Of(plan, run => run.Platform == Platform.Parse(emulated))];
    }

    internal static BaseImage Base(ImageReference image, Platform platform)
    {
        var layer = new Descriptor
        {
            MediaType = MediaType.LayerGzip,
            Digest = SampleRecords.DigestOf($"layer {image} {platform}"),
            Size = 1000,
        };
        var config = new Descriptor { MediaType = MediaType.Config, Digest = SampleRecords.DigestOf("config"), Size = 10 };
        var descriptor = new Descriptor
        {
            MediaType = MediaType.Manifest,
            Digest = SampleRecords.DigestOf($"manifest {image} {platform}"),
            Size = 10,
        };
        return new BaseImage(image, platform, descriptor, new Manifest { Config = config, Layers = [layer] },
            new ImageConfig
            {
                Os = platform.Os,
                Architecture = platform.Architecture,
                Variant = platform.Variant,
                Config = new ContainerConfig(),
            });
    }
}
