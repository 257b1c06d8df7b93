using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Planning.Advising;

/// <summary>A compiler that can build for another platform than the one that it runs on.</summary>
internal enum Toolchain { Go, Rust, DotNet, C }

/// <summary>Recognizes compilers in the commands of a RUN, and knows what to write so that they cross-compile. Pure.</summary>
internal static class Toolchains
{
    private static readonly string[] CCompilers = ["gcc", "cc", "clang"], CppCompilers = ["g++", "c++", "clang++"];

    /// <summary>The first command that compiles; null if there is none.</summary>
    /// <param name="repository">The base image's repository. It determines what <c>make</c> compiles.</param>
    public static (Toolchain Toolchain, ShellCommand Command)? Find(string script, string repository)
    {
        foreach (var command in ShellCommands.Of(script))
        {
            if (Of(command, repository) is { } toolchain)
                return (toolchain, command);
        }
        return null;
    }

    private static Toolchain? Of(ShellCommand command, string repository) => command.Program switch
    {
        "go" when command.HasVerb("build") => Toolchain.Go,
        "cargo" when command.HasVerb("build", "install", "rustc") => Toolchain.Rust,
        "dotnet" when command.HasVerb("publish", "build") => Toolchain.DotNet,
        "make" or "gmake" => OfMake(repository),
        "cmake" or "configure" or "meson" => Toolchain.C,
        var program when CCompilers.Contains(program) || CppCompilers.Contains(program) => Toolchain.C,
        _ => null,
    };

    /// <summary>The language that <c>make</c> compiles in an image. Null if the image does not determine it.</summary>
    /// <remarks>
    /// Also null for Rust and .NET: <c>cargo</c> and <c>dotnet</c> take the platform as an option, and <c>make</c> does not pass it on.
    /// Go reads it from the environment.
    /// </remarks>
    private static Toolchain? OfMake(string repository) => repository[(repository.LastIndexOf('/') + 1)..] switch
    {
        "golang" or "go" => Toolchain.Go,
        "gcc" or "buildpack-deps" or "debian" or "ubuntu" or "alpine" => Toolchain.C,
        _ => null,
    };

    public static string Name(Toolchain toolchain) => toolchain switch
    {
        Toolchain.DotNet => ".NET",
        Toolchain.C => "Clang",
        _ => toolchain.ToString(),
    };

    /// <summary>The lines that follow the FROM line, the changed command last.</summary>
    public static ImmutableArray<string> Lines(
        Toolchain toolchain, ShellCommand command, IEnumerable<Platform> platforms, bool musl) => toolchain switch
        {
            Toolchain.Go when platforms.Any(platform => platform.Architecture == "arm") =>
            [
                "ARG TARGETOS TARGETARCH TARGETVARIANT",
                $"RUN {command.Variables}GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=${{TARGETVARIANT#v}} {command.Text}",
            ],
            Toolchain.Go => ["ARG TARGETOS TARGETARCH", $"RUN {command.Variables}GOOS=$TARGETOS GOARCH=$TARGETARCH {command.Text}"],
            Toolchain.DotNet => ["ARG TARGETARCH", $"RUN {WithOption(command, "-a $TARGETARCH", "publish", "build")}"],
            Toolchain.Rust =>
            [
                "ARG TARGETARCH",
                $"RUN {Triples(platforms, musl)}; rustup target add $T; {WithOption(command, "--target $T", "build", "install", "rustc")}",
            ],
            _ => ["COPY --from=tonistiigi/xx / /", "ARG TARGETPLATFORM", $"RUN {command.Variables}{WithXx(command)}"],
        };

    /// <summary>The command with an option after its verb, which it has.</summary>
    private static string WithOption(ShellCommand command, string option, params string[] verbs)
    {
        var at = command.Words.ToList().FindIndex(word => verbs.Contains(word));
        return command.Variables + string.Join(' ', command.Words.Insert(at + 1, option));
    }

    private static string WithXx(ShellCommand command)
    {
        var rest = string.Join(' ', command.Words.Skip(1));
        return command.Program switch
        {
            "make" or "gmake" => $"{command.Text} CC=xx-clang",
            "cmake" => $"cmake $(xx-clang --print-cmake-defines) {rest}",
            "configure" => $"{command.Words[0]} --host=$(xx-clang --print-target-triple) CC=xx-clang {rest}",
            "meson" => $"CC=xx-clang {command.Text}",
            var program when CppCompilers.Contains(program) => $"xx-clang++ {rest}",
            _ => $"xx-clang {rest}",
        };
    }

    /// <summary>Rust's names of the platforms, chosen by TARGETARCH.</summary>
    private static string Triples(IEnumerable<Platform> platforms, bool musl)
    {
        var cases = platforms.Select(platform => (platform.Architecture, Triple: Triple(platform, musl ? "musl" : "gnu")))
            .Where(each => each.Triple is not null).DistinctBy(each => each.Architecture)
            .Select(each => $"{each.Architecture}) T={each.Triple};;");
        return $"case $TARGETARCH in {string.Join(' ', cases)} esac";
    }

    private static string? Triple(Platform platform, string libc) => platform.Architecture switch
    {
        "amd64" => $"x86_64-unknown-linux-{libc}",
        "arm64" => $"aarch64-unknown-linux-{libc}",
        "386" => $"i686-unknown-linux-{libc}",
        "arm" when platform.Variant == "v6" => $"arm-unknown-linux-{libc}eabihf",
        "arm" => $"armv7-unknown-linux-{libc}eabihf",
        "ppc64le" => $"powerpc64le-unknown-linux-{libc}",
        "riscv64" => $"riscv64gc-unknown-linux-{libc}",
        "s390x" => $"s390x-unknown-linux-{libc}",
        _ => null,
    };
}
