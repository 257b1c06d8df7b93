using System.Runtime.CompilerServices;
using Manifold.Dockerfile.Parsing;

namespace Manifold.Tests.Dockerfile.Checks;

/// <summary>What the checks about architectures say of what people write, and above all what they do not say.</summary>
public sealed class OnOrdinaryFiles
{
    private const string CrossStage = "FROM --platform=$BUILDPLATFORM golang:1.25 AS build\n";
    private const string Target = "FROM alpine:3\n";
    private const string Taking = "FROM alpine:3\nCOPY --from=build /out /\n";

    [Theory]
    // one that handles several architectures, or asks which it is
    [InlineData(Target + "ARG TARGETARCH\nRUN case \"$TARGETARCH\" in amd64) a=x86_64;; arm64) a=aarch64;; esac; wget https://e.com/$a\n")]
    [InlineData(Target + "ARG TARGETARCH\nRUN if [ \"$TARGETARCH\" = amd64 ]; then make fast; fi\n")]
    [InlineData(Target + "RUN [ \"$(uname -m)\" = x86_64 ] || exit 0; wget https://e.com/tool-x86_64\n")]
    [InlineData(Target + "RUN ARCH=$(dpkg --print-architecture) && wget https://e.com/amd64/$ARCH\n")]
    [InlineData(Target + "RUN wget https://e.com/tool-amd64 https://e.com/tool-arm64\n")]
    [InlineData(Target + "RUN <<EOF\n# only tried on amd64\nmake\nEOF\n")]
    // words that only look like one
    [InlineData(Target + "RUN apt-get install -y alarm64 libarm64x myamd64tool\n")]
    [InlineData(Target + "RUN echo charm armor march\n")]
    // a stage, or a base, that is for one platform
    [InlineData(
        "FROM --platform=linux/amd64 debian:13 AS files-amd64\nRUN wget https://e.com/tool-amd64\nFROM files-amd64\nRUN tool-amd64\n")]
    [InlineData("FROM debian:13 AS rootfs-arm64\nRUN wget https://e.com/tool-arm64\nFROM rootfs-$TARGETARCH\nRUN make\n")]
    // what is copied by name is looked for in the context
    [InlineData(Target + "COPY bin/linux-amd64/app /app\n")]
    [InlineData(Target + "LABEL arch=amd64\n")]
    [InlineData("FROM --platform=linux/amd64 debian:13 AS files-amd64\nARG ARCH=amd64\nRUN make $ARCH\n" + Target
        + "COPY --from=files-amd64 /x /x\n")]
    [InlineData("ARG ARCHES=\"amd64 arm64\"\n" + Target + "RUN make\n")]
    public void a_written_architecture_is_left_alone(string text) => Assert.Empty(Found(text));

    [Theory]
    [InlineData(Target + "RUN wget https://e.com/tool_linux_amd64.tar.gz\n", "amd64")]
    [InlineData(Target + "RUN wget \\\n    https://nodejs.org/node-v22-linux-x64.tar.xz\n", "linux-x64")]
    [InlineData(Target + "RUN <<EOF\nset -e\nwget https://e.com/tool-x86_64\nEOF\n", "x86_64")]
    [InlineData(Target + "RUN [\"wget\", \"https://e.com/aarch64/tool\"]\n", "aarch64")]
    [InlineData(Target + "ENV JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64\n", "amd64")]
    [InlineData(Target + "ENV GOARCH=arm64\n", "arm64")]
    [InlineData(Target + "ARG GOARCH=arm64\n", "arm64")]
    [InlineData(Target + "ARG A=1 CARGO_BUILD_TARGET=x86_64-unknown-linux-musl\n", "x86_64")]
    [InlineData("ARG ARCH=amd64\n" + Target + "ARG ARCH\nADD https://e.com/$ARCH /x\n", "amd64")]
    [InlineData(Target + "ADD https://e.com/tool-s390x /tool\n", "s390x")]
    [InlineData(CrossStage + "RUN wget https://e.com/protoc-linux-x86_64.zip\n" + Target, "x86_64")]
    public void a_written_architecture_is_found_where_it_stands(string text, string word)
    {
        var before = text[..text.IndexOf(word, StringComparison.Ordinal)];
        var finding = Assert.Single(DockerfileParser.Parse("Dockerfile", text).Diagnostics);
        Assert.Equal(("HardcodedArch", before.Count(c => c == '\n') + 1, before.Length - before.LastIndexOf('\n')),
            (finding.Id, finding.Place.Line, finding.Place.Column));
    }

    [Theory]
    [InlineData("Dockerfile.arm64")]
    [InlineData("images/Dockerfile.riscv64")]
    public void a_file_for_one_architecture_may_name_it(string name) =>
        Assert.Empty(DockerfileParser.Parse(name, Target + "RUN wget https://e.com/tool-amd64\n").Diagnostics);

    [Theory]
    [InlineData(Target + "ARG TARGETARCH\nRUN echo $TARGETARCH\n", "")]
    [InlineData("ARG TARGETARCH\n" + Target + "RUN echo $TARGETARCH\n", "PlatformArgNotDeclared")]
    [InlineData(Target + "RUN echo ${TARGETARCH}\nARG TARGETARCH\n", "PlatformArgNotDeclared")]
    [InlineData(Target + "RUN echo ${TARGETPLATFORM#*/} $TARGETARCH\n", "PlatformArgNotDeclared PlatformArgNotDeclared")]
    [InlineData("FROM alpine:3 AS a\nARG TARGETARCH\nFROM a\nRUN echo $TARGETARCH\n", "")]
    [InlineData("FROM alpine:3 AS a\nARG TARGETARCH\nFROM alpine:3\nRUN echo $TARGETARCH\n", "PlatformArgNotDeclared")]
    [InlineData(Target + "ENV TARGETOS=linux\nRUN echo $TARGETOS\n", "")]
    [InlineData(Target + "RUN TARGETARCH=$(uname -m) && echo $TARGETARCH\n", "")]
    [InlineData(Target + "RUN for TARGETARCH in a b; do echo $TARGETARCH; done\n", "")]
    [InlineData(Target + "RUN echo \\$TARGETARCH $MYTARGETARCH $TARGETARCHIVE\n", "")]
    [InlineData(Target + "RUN wget https://e.com/$TARGETUNAME\n", "PlatformArgNotDeclared")]
    [InlineData(Target + "ARG TARGETUNAME=x86_64\n", "PlatformArgDefault")]
    public void an_argument_of_the_platform_is_empty_only_where_nobody_declares_it(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Found(text)));

    [Theory]
    [InlineData(CrossStage + "RUN go build ./...\n" + Taking, "GoBuildWithoutGoarch")]
    [InlineData(CrossStage + "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build ./...\n" + Taking, "")]
    [InlineData(CrossStage + "ARG TARGETARCH\nENV GOARCH=$TARGETARCH\nRUN go build ./...\n" + Taking, "")]
    [InlineData(CrossStage + "ARG TARGETARCH\nRUN go env -w GOARCH=$TARGETARCH\nRUN go build ./...\n" + Taking, "")]
    [InlineData(CrossStage + "FROM build AS app\nRUN go build ./...\nFROM alpine:3\nCOPY --from=app /out /\n", "GoBuildWithoutGoarch")]
    [InlineData("FROM golang:1.25 AS build\nRUN go build ./...\n" + Taking, "")]
    [InlineData(CrossStage + "RUN xx-go build ./...\n" + Taking, "")]
    [InlineData(CrossStage + "RUN go install example.com/tool@latest && go vet ./...\n" + Taking, "")]
    [InlineData(CrossStage + "RUN wget https://e.com/$(uname -m)\n" + Taking, "UnameInCrossStage")]
    [InlineData(CrossStage + "RUN wget https://e.com/$(dpkg --print-architecture)\n" + Taking, "UnameInCrossStage")]
    [InlineData(
        CrossStage + "ARG TARGETARCH\nRUN [ $(dpkg --print-architecture) = $TARGETARCH ] || apt-get install -y cross\n" + Taking, "")]
    [InlineData(Target + "RUN wget https://e.com/$(uname -m)\n", "")]
    public void a_cross_stage_is_told_when_it_takes_its_machine_for_the_target(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Found(text)));

    [Theory]
    [InlineData("FROM arm64v8/nginx\n", "ArchPrefixedRepository")]
    [InlineData("FROM docker.io/amd64/alpine:3\n", "ArchPrefixedRepository")]
    [InlineData(Target + "COPY --from=i386/busybox /bin/sh /\n", "ArchPrefixedRepository")]
    [InlineData(Target + "RUN --mount=from=s390x/golang,target=/go make\n", "ArchPrefixedRepository")]
    [InlineData("FROM quay.io/arm64v8/nginx\n", "")]
    [InlineData("FROM myorg/amd64\n", "")]
    [InlineData("ARG ARCH=arm64v8\nFROM $ARCH/nginx\n", "")]
    [InlineData("FROM --platform=$BUILDPLATFORM alpine:3\nRUN make\n", "FinalStageOnBuildPlatform")]
    [InlineData("FROM --platform=$BUILDPLATFORM alpine:3 AS a\nCMD [\"a\"]\nFROM a AS b\nFROM b\n", "FinalStageOnBuildPlatform")]
    [InlineData("FROM --platform=$BUILDPLATFORM alpine:3 AS a\nFROM alpine:3\nCOPY --from=a /x /\n", "")]
    public void a_base_for_one_platform_is_found(string text, string expected) => Assert.Equal(expected, string.Join(' ', Found(text)));

    /// <summary>
    /// Files without a default for their base are meant for a project, which has the values; all else is as it should be.
    /// </summary>
    [Fact]
    public void the_examples_give_no_findings()
    {
        var folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", "..", "..", "examples"));
        var files = Directory.GetFiles(folder, "Dockerfile*", SearchOption.AllDirectories);
        Assert.True(files.Length > 10);
        Assert.All(files, file => Assert.All(DockerfileParser.Parse(file, File.ReadAllBytes(file)).Diagnostics,
            each => Assert.Equal("InvalidDefaultArgInFrom", each.Id)));
    }

    private static IEnumerable<string> Found(string text) => DockerfileParser.Parse("Dockerfile", text).Diagnostics.Select(each => each.Id);

    private static string Source([CallerFilePath] string path = "") => path;
}
