using Manifold.Dockerfile.Parsing;

namespace Manifold.Tests.Dockerfile.Checks;

/// <summary>
/// The kinds of files in public repositories on which a check about architectures was wrong, and what is like them and a finding all the
/// same.
/// </summary>
public sealed class OnFilesOfProjects
{
    private const string Cross = "FROM --platform=$BUILDPLATFORM golang:1.25 AS build\n";
    private const string Target = "FROM alpine:3\n";
    private const string Web = "ADD https://e.com/tool-amd64 /tool\n";

    [Theory]
    // Windows has one architecture
    [InlineData("FROM mcr.microsoft.com/windows/nanoserver:ltsc2025\n" + Web)]
    [InlineData("FROM golang:1.25-windowsservercore AS build\n" + Web + "FROM build\n" + Web)]
    [InlineData("ARG BASE=mcr.microsoft.com/windows/servercore:ltsc2022\nFROM ${BASE}\n" + Web)]
    [InlineData("# escape=`\nFROM base\n" + Web)]
    [InlineData("FROM base\nSHELL [\"powershell\", \"-Command\"]\n" + Web)]
    [InlineData("FROM --platform=windows/amd64 base\n" + Web)]
    // cross compilers, emulators and foreign packages
    [InlineData(Target + "RUN apt-get install -y gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross\n")]
    [InlineData(Target + "RUN apt-get install -y gcc-14-loongarch64-linux-gnu\nENV CC=loongarch64-linux-gnu-gcc-14\n")]
    [InlineData(Target + "RUN apt-get install -y crossbuild-essential-armhf\n")]
    [InlineData(Target + "ENV CC=/usr/bin/aarch64-linux-gnu-gcc\n")]
    [InlineData(Target + "ENV CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc\n")]
    [InlineData(Target + "RUN apt-get install -y gcc-s390x-linux-gnu\nENV PATH=/musl-s390x/bin:$PATH\n")]
    [InlineData(Target + "RUN dpkg --add-architecture arm64 && apt-get update && apt-get install -y libssl-dev:arm64\n")]
    [InlineData(Target + "ADD https://e.com/qemu-aarch64-static /usr/bin/\n")]
    [InlineData(Target + "RUN x86_64-w64-mingw32-windmc -v messages.mc\n")]
    [InlineData(Target + "ENV CROSS_TRIPLE=x86_64-linux-android\n")]
    // other systems' programs, and what is for all
    [InlineData(Target + "ENV GOOS=darwin GOARCH=amd64\nRUN go build\n")]
    [InlineData(Target + "RUN GOOS=windows GOARCH=amd64 go build -o app.exe\n")]
    [InlineData(Target + "ENV CLI_URL_DARWIN=https://e.com/cli-darwin-amd64.tar.gz\n")]
    [InlineData(Target + "RUN rpm -i http://e.com/epel/6/x86_64/epel-release-6-8.noarch.rpm\n")]
    [InlineData(Target + "RUN git checkout -- util/loong64_binary.go\n")]
    [InlineData(Target + "RUN if [ -d /usr/lib/x86_64-linux-gnu ]; then make; fi\n")]
    // several architectures side by side
    [InlineData(Target + "ARG URL_AMD64=https://e.com/tool-amd64\nARG URL_ARM64=https://e.com/tool-arm64\n")]
    [InlineData(Target + "ENV SUM_AMD64=\"1f tool.linux-amd64.tar.gz\"\nENV SUM_S390X=\"2e tool.linux-s390x.tar.gz\"\n")]
    [InlineData(Target + "RUN GOARCH=amd64 go build -o app-amd64\nRUN GOARCH=arm64 go build -o app-arm64\n")]
    [InlineData(Target + "RUN GOARCH=amd64 go build\nRUN strip a\nRUN GOARCH=arm GOARM=5 go build -o app-armel\n")]
    [InlineData("FROM alpine:3 AS one\nADD https://e.com/tool-x86_64 /tool\nFROM alpine:3 AS two\nADD https://e.com/tool-aarch64 /tool\n")]
    [InlineData(Target + "RUN if test \"$X\"; then u=linux-x86_64; else u=linux-i686; fi; wget e.com/$u\n")]
    // a stage that is for one by its base or by a variable
    [InlineData("FROM arm32v7/debian:13 AS rootfs-arm\nRUN wget https://e.com/tool-armhf\n" + Target)]
    [InlineData("ARG PLATFORM=linux/amd64\nFROM --platform=$PLATFORM debian:13 AS tools\n" + Web + Target)]
    [InlineData("FROM alpine AS files\nADD https://e.com/tool-amd64 /tool\nFROM --platform=linux/amd64 alpine AS for-amd64\n"
        + "COPY --from=files /tool /\nFROM for-$TARGETARCH\n")]
    [InlineData("FROM nvcr.io/nvidia/l4t-base:r36\nRUN wget https://e.com/tool-aarch64\n")]
    public void an_architecture_that_is_meant_is_left_alone(string text) =>
        Assert.DoesNotContain("HardcodedArch", Found("Dockerfile", text));

    [Theory]
    [InlineData(Target + "ADD https://e.com/tool-amd64 /\nADD https://e.com/other-amd64 /\n", 2)]
    [InlineData(Target + "ARG TARGETARCH\nRUN case $TARGETARCH in amd64) a;; arm64) b;; esac\nADD https://e.com/tool-amd64 /\n", 1)]
    [InlineData(Target + "RUN ln -s /usr/include/x86_64-linux-gnu/gmp.h /usr/include/gmp.h\n", 1)]
    [InlineData(Target + "RUN rustup target add x86_64-unknown-linux-musl\n", 1)]
    [InlineData(Target + "RUN apt-get install -y gcc-aarch64-linux-gnu && wget https://e.com/tool-amd64\n", 0)] // two are named
    [InlineData(Target + "RUN apt-get install -y gcc-aarch64-linux-gnu\nRUN wget https://e.com/tool-amd64\n", 1)]
    [InlineData("ARG ARCH=amd64\nARG OS=linux\nFROM quay.io/a/busybox-${OS}-${ARCH}\nARG ARCH\nCOPY .build/$ARCH/app /\n", 1)]
    [InlineData(Target + "RUN GOOS=linux GOARCH=amd64 go build\n", 1)]
    [InlineData(Target + "RUN wget https://e.com/gnat-community-2019-x86_64-linux-bin\n", 1)]
    [InlineData("ARG ARCH=amd64\nFROM ${ARCH}/ubuntu\nARG ARCH\nRUN make $ARCH\n", 1)]
    [InlineData(Target + "RUN echo 'deb [arch=amd64] https://e.com stable main' > /etc/apt/sources.list.d/e.list\n", 1)]
    public void one_that_is_not_is_found_still(string text, int count) =>
        Assert.Equal(count, Found("Dockerfile", text).Count(rule => rule == "HardcodedArch"));

    [Theory]
    [InlineData("images/amd64/Dockerfile")]
    [InlineData("src/8.0/noble/arm64v8/Dockerfile")]
    [InlineData("docker/Dockerfile.armv7-unknown-linux-gnueabihf")]
    [InlineData("elk/arm/elasticsearch/Dockerfile")]
    [InlineData("ci/x86_64-unknown-linux-musl/Dockerfile")]
    [InlineData("Dockerfile.windows")]
    [InlineData("rpi/Dockerfile")]
    public void a_file_for_one_architecture_by_its_name_or_folder_is_left_alone(string name)
    {
        Assert.Empty(Found(name, "FROM arm64v8/debian:13 AS installer\n" + Web + "ARG TARGETARCH=amd64\nRUN wget e.com/$TARGETARCH\n"));
        Assert.Equal(["HardcodedArch"], Found("charm/alarm/amdahl/Dockerfile", Target + Web));
    }

    [Theory]
    [InlineData("FROM amd64/alpine:3 AS one\nFROM arm64v8/alpine:3 AS two\n", "")]
    [InlineData("FROM arm64v8/alpine:3 AS base-arm64\n", "")]
    [InlineData("FROM amd64/ubuntu:24.04\n", "ArchPrefixedRepository")]
    public void a_base_of_one_architecture_beside_those_of_others_is_left_alone(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Found("Dockerfile", text)));

    [Theory]
    // nobody takes the program, or only a stage of the build machine does
    [InlineData("RUN go build -o /out/lint ./cmd\nFROM build AS lint\nRUN lint run\n", "")]
    [InlineData(
        "RUN go build -o /out/lint ./cmd\nFROM scratch AS binary\nCOPY --from=build /out/lint /\n"
            + "FROM build AS lint\nRUN --mount=from=binary,source=/lint,target=/usr/bin/lint lint run\n", "")]
    [InlineData(
        "RUN go build -o /out/docsgen ./docs\nFROM --platform=$BUILDPLATFORM alpine AS docs\n"
            + "COPY --from=build /out/docsgen /usr/bin\nRUN docsgen /docs\nFROM scratch\nCOPY --from=docs /docs /\n", "")]
    [InlineData(
        "WORKDIR /src\nRUN go build -o export ./...\nRUN ./export --output /src/list.txt\nFROM alpine\nCOPY --from=build /src/list.txt /\n",
        "")]
    [InlineData("RUN xx-go --wrap\nRUN go build -o /app\nFROM alpine\nCOPY --from=build /app /\n", "")]
    [InlineData("RUN go build -o /app\nFROM --platform=linux/amd64 alpine AS only-amd64\nCOPY --from=build /app /\n", "")]
    // a stage for the target does
    [InlineData("RUN go build -o /app\nFROM alpine\nCOPY --from=build /app /usr/bin/app\n", "GoBuildWithoutGoarch")]
    [InlineData("WORKDIR /code\nRUN go build -o bin/backend main.go\nFROM scratch\nCOPY --from=build /code/bin/backend /backend\n",
        "GoBuildWithoutGoarch")]
    [InlineData("RUN go build -o $OUT/app\nFROM scratch\nCOPY --from=build /out /\n", "GoBuildWithoutGoarch")]
    [InlineData("RUN go build\nFROM scratch\nCOPY --from=0 /go/app /\n", "GoBuildWithoutGoarch")]
    [InlineData("RUN go build -o app && mv app /usr/bin/tool\nFROM scratch\nCOPY --from=build /usr/bin/tool /\n", "GoBuildWithoutGoarch")]
    [InlineData(
        "RUN go build -o /out/app\nFROM scratch AS files\nCOPY --from=build /out/app /app\nFROM alpine\nCOPY --from=files /app /app\n",
        "GoBuildWithoutGoarch")]
    [InlineData("RUN go build -o /out/app\nFROM alpine\nRUN --mount=from=build,source=/out,target=/in cp /in/app /app\n",
        "GoBuildWithoutGoarch")]
    [InlineData("RUN go build -o /out/app\nFROM scratch AS binaries\nCOPY --from=build /out /\n", "GoBuildWithoutGoarch")]
    [InlineData("RUN wget -O /tool https://e.com/tool-$(uname -m)\nFROM build AS lint\nRUN /tool\n", "")]
    [InlineData("RUN wget -O /tool https://e.com/tool-$(uname -m)\nFROM alpine\nCOPY --from=build /tool /\n", "UnameInCrossStage")]
    public void what_a_cross_stage_makes_counts_where_a_stage_for_the_target_takes_it(string text, string expected) =>
        Assert.Equal(expected,
            string.Join(' ', Found("Dockerfile", Cross + text).Where(rule => rule is "GoBuildWithoutGoarch" or "UnameInCrossStage")));

    [Theory]
    [InlineData("Dockerfile", Cross + "RUN go vet\nFROM build AS lint\nRUN golangci-lint run\n", "")]
    [InlineData("lint.Dockerfile", Cross + "RUN golangci-lint run\n", "")]
    [InlineData("Dockerfile", Cross + "RUN xx-go build .\nFROM scratch AS test\nCOPY --from=build /x /\nFROM build\n", "")]
    [InlineData("Dockerfile", Cross + "FROM --platform=$BUILDPLATFORM alpine AS validate\nRUN --mount=from=build diff a b\n", "")]
    [InlineData("Dockerfile", Cross + "CMD [\"app\"]\nFROM build AS dev\n", "")]
    [InlineData("Dockerfile", Cross + "FROM --platform=$BUILDPLATFORM scratch\nCOPY --from=build /site /\n", "")]
    [InlineData("Dockerfile", "FROM --platform=$BUILDOS/$TARGETARCH alpine\nCMD [\"app\"]\n", "")]
    [InlineData("Dockerfile", Cross + "CMD [\"app\"]\nFROM build AS tools\n", "FinalStageOnBuildPlatform")]
    [InlineData("Dockerfile", Cross + "FROM build\nENTRYPOINT [\"/app\"]\n", "FinalStageOnBuildPlatform")]
    [InlineData("Dockerfile",
        Cross + "FROM --platform=${BUILDPLATFORM:-linux/amd64} nginx\nCOPY --from=build /site /usr/share/nginx/html\n",
        "FinalStageOnBuildPlatform")]
    [InlineData("Dockerfile", "FROM --platform=$BUILDPLATFORM nginx\nCOPY site /usr/share/nginx/html\n", "FinalStageOnBuildPlatform")]
    [InlineData("Dockerfile", "ARG PLATFORM=$BUILDPLATFORM\nFROM --platform=$PLATFORM nginx\nEXPOSE 80\n", "FinalStageOnBuildPlatform")]
    public void a_last_stage_counts_where_it_becomes_an_image(string name, string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Found(name, text).Where(rule => rule == "FinalStageOnBuildPlatform")));

    [Theory]
    // made of the real value where it is seen; BuildKit gives /arm64-… for these, and the fallback for the one below
    [InlineData("ARG TARGETARCH=${TARGETARCH:-amd64}\n" + Target + "ARG TARGETARCH\nRUN echo $TARGETARCH\n", "")]
    [InlineData(Target + "ARG TARGETARCH\nARG TARGETARCH=${TARGETARCH/amd64/x64}\nRUN echo $TARGETARCH\n", "")]
    [InlineData(Target + "ARG TARGETARCH=${TARGETARCH/amd64/x64}\nRUN echo $TARGETARCH\n", "")]
    [InlineData(Target + "ARG TARGETARCH=${TARGETARCH:-amd64}\nRUN echo $TARGETARCH\n", "PlatformArgDefault")]
    // the real value of every image
    [InlineData(Target + "ARG TARGETOS=linux\nRUN echo $TARGETOS\n", "")]
    [InlineData(Target + "ARG TARGETVARIANT=\"\"\nRUN echo $TARGETVARIANT\n", "")]
    [InlineData(Target + "ARG TARGETOS=windows\nRUN echo $TARGETOS\n", "PlatformArgDefault")]
    [InlineData(Target + "ARG TARGETARCH=\"\"\nRUN echo $TARGETARCH\n", "PlatformArgDefault")]
    // the machine that builds: slower there, and no image is wrong
    [InlineData("ARG BUILDPLATFORM=linux/amd64\nFROM --platform=$BUILDPLATFORM golang AS build\nFROM alpine\n", "")]
    // for one platform, or used by nobody
    [InlineData("FROM --platform=linux/amd64 alpine AS only-amd64\nARG TARGETARCH=amd64\nRUN echo $TARGETARCH\n", "")]
    [InlineData("ARG TARGETPLATFORM=linux/amd64\n" + Target + "RUN make\n", "")]
    [InlineData("ARG TARGETPLATFORM=linux/amd64\nFROM base-${TARGETPLATFORM##*/}\n", "PlatformArgDefault")]
    [InlineData("ARG TARGETARCH=amd64\n" + Target + "ARG TARGETARCH\nRUN make\n", "PlatformArgDefault")]
    [InlineData(Target + "ARG TARGETARCH=amd64\nRUN make\n", "PlatformArgDefault")]
    public void a_default_of_the_platforms_counts_where_it_makes_an_image_wrong(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Found("Dockerfile", text).Where(rule => rule == "PlatformArgDefault")));

    [Theory]
    [InlineData("FROM alpine AS base\nARG TARGETARCH\nFROM base AS boot-amd64\nFROM boot-$TARGETARCH\nRUN echo $TARGETARCH\n", "")]
    [InlineData(Target + "ARG TARGETARCH\nRUN echo ${TARGETOS:-linux}-$TARGETARCH${TARGETVARIANT:-}\n", "")]
    [InlineData(Target + "RUN echo ${TARGETARCH:-amd64}\n", "PlatformArgNotDeclared")]
    public void a_platform_argument_that_is_empty_counts_where_that_is_wrong(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Found("Dockerfile", text)));

    private static IEnumerable<string> Found(string name, string text) => DockerfileParser.Parse(name, text).Diagnostics
        .Where(each => each.Id is not ("FromPlatformFlagConstDisallowed" or "InvalidDefaultArgInFrom" or "Syntax")).Select(each => each.Id);
}
