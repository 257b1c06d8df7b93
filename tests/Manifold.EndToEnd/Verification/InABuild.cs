using Manifold.Content;
using Manifold.EndToEnd.Publishing;

namespace Manifold.EndToEnd.Verification;

/// <summary>The gate between a build and its name: what it refuses, which line it names, and which cause.</summary>
public sealed class InABuild(SharedRegistry shared) : IClassFixture<SharedRegistry>, IAsyncLifetime
{
    private const string Both = "linux/amd64,linux/arm64";

    private readonly Workshop shop = new();

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await Workshop.NeedBusyBox();
    }

    public ValueTask DisposeAsync()
    {
        shop.Dispose();
        return ValueTask.CompletedTask;
    }

    public static TheoryData<string, string, string, string> Mistakes => new()
    {
        { "the last stage on BUILDPLATFORM", "FROM --platform=$BUILDPLATFORM BASE\nCOPY app.amd64 /opt/x86_64/tool\nCMD [\"sh\"]",
            "Dockerfile:1", "the last stage (Dockerfile:1) uses linux/amd64" },
        { "the last stage on a fixed platform", "FROM --platform=linux/amd64 BASE\nCMD [\"sh\"]", "Dockerfile:1",
            "the last stage (Dockerfile:1) uses linux/amd64" },
        {
            "TARGETARCH not declared",
            "FROM --platform=$BUILDPLATFORM BASE AS build\nCOPY app.amd64 /src\nRUN busybox cp /src /app\n"
                + "FROM BASE\nCOPY --from=build /app /app\nENTRYPOINT [\"/app\"]",
            "Dockerfile:5", "the stage 'build', which makes it, runs on linux/amd64 and does not declare TARGETARCH"
        },
        {
            "TARGETARCH used and not declared",
            "FROM --platform=$BUILDPLATFORM BASE AS build\nCOPY app.amd64 /src\nRUN busybox cp /src$TARGETARCH /app\n"
                + "FROM BASE\nCOPY --from=build /app /app\nENTRYPOINT [\"/app\"]",
            "Dockerfile:5", "uses TARGETARCH (Dockerfile:3) without declaring it"
        },
        {
            "TARGETARCH declared and not handed on",
            "FROM --platform=$BUILDPLATFORM BASE AS build\nARG TARGETARCH\nCOPY app.amd64 /src\n"
                + "RUN busybox cp /src /app\nFROM BASE\nCOPY --from=build /app /app\nENTRYPOINT [\"/app\"]",
            "Dockerfile:6", "declares TARGETARCH, but its commands do not build for that"
        },
        { "GOARCH fixed in a RUN", "FROM --platform=$BUILDPLATFORM BASE AS build\nCOPY app.amd64 /src\nRUN GOARCH=amd64 busybox cp /src "
            + "/app\nFROM BASE\nCOPY --from=build /app /app\nENTRYPOINT [\"/app\"]", "Dockerfile:5", "Dockerfile:3 hard-codes 'amd64'" },
        { "GOARCH fixed in an ENV",
            "FROM --platform=$BUILDPLATFORM BASE AS build\nENV GOARCH=amd64\nCOPY app.amd64 /src\nRUN busybox cp /src /app\nFROM BASE\n"
                + "COPY --from=build /app /app\nENTRYPOINT [\"/app\"]", "Dockerfile:6",
            "GOARCH is 'amd64' for every platform (Dockerfile:2)" },
        { "GOARCH fixed in an ARG above other work",
            "FROM --platform=$BUILDPLATFORM BASE AS build\nARG GOARCH=amd64\nRUN busybox true update\nCOPY app.amd64 /src\n"
                + "RUN busybox cp /src /app\nFROM BASE\nCOPY --from=build /app /app\nENTRYPOINT [\"/app\"]", "Dockerfile:7",
            "GOARCH is 'amd64' for every platform (Dockerfile:2)" },
        { "an architecture before the first FROM", "ARG ARCH=amd64\nFROM BASE\nARG ARCH\nCOPY bin/${ARCH}/app /app\nENTRYPOINT [\"/app\"]",
            "Dockerfile:4", "ARCH is 'amd64' for every platform (Dockerfile:1)" },
        { "a program of the context", "FROM BASE\nCOPY program /app\nENTRYPOINT [\"/app\"]", "Dockerfile:2",
            "program comes from the build context (Dockerfile:2), so every platform" },
        { "a program of the context by way of a stage", "FROM scratch AS files\nCOPY program /app\nFROM BASE\nCOPY --from=files /app "
            + "/app\nENTRYPOINT [\"/app\"]", "Dockerfile:4", "program comes from the build context (Dockerfile:2)" },
        { "a folder of one platform", "FROM BASE\nCOPY bin/amd64/app /app\nENTRYPOINT [\"/app\"]", "Dockerfile:2",
            "Dockerfile:2 hard-codes 'amd64'" },
        { "a script in front", "FROM BASE\nCOPY program /app\nCOPY start.sh /\nENTRYPOINT [\"/start.sh\"]", "Dockerfile:2",
            "program comes from the build context" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task a_mistake_is_told_with_its_line_and_its_cause(string name, string dockerfile, string line, string cause)
    {
        var registry = shared.Get();
        var built = await shop.Run([Context(dockerfile)],
            "build", "--verify", "strict", "--platform", Both, "-t", $"{registry.Name}/app:1", "--push");
        Assert.True(built.Code == 1, $"{name}: exit code {built.Code}\n{built.Error}");
        Assert.Contains("the gate rejected the image for linux/arm64: nothing was tagged", built.Error, StringComparison.Ordinal);
        Assert.Contains($"made by {line}: ", built.Error, StringComparison.Ordinal);
        Assert.Contains(cause, built.Error, StringComparison.Ordinal);
        Assert.Contains("found   amd64, expected arm64", built.Error, StringComparison.Ordinal);
        using var store = Store.Open(shop.Root);
        Assert.Empty(store.Tags.List());
        Assert.DoesNotContain(registry.Files(""), file => Path.GetFileName(file) is "link" or "data");
    }

    [Fact]
    public async Task another_value_for_TARGETARCH_is_the_cause()
    {
        var built = await shop.Run([Context("FROM BASE\nARG TARGETARCH\nCOPY bin/${TARGETARCH}/app /app\nENTRYPOINT [\"/app\"]")],
            "build", "--platform", Both, "--build-arg", "TARGETARCH=amd64");
        Assert.Equal(1, built.Code);
        Assert.Matches("bin/amd64/app is copied at Dockerfile:3 in the build for linux/arm64: .*ARG.*--build-arg", built.Error);

        var run = await shop.Run(
            [Context("FROM --platform=$BUILDPLATFORM BASE AS build\nARG TARGETARCH\nCOPY bin /bin.d\n"
                + "RUN busybox cp /bin.d/$TARGETARCH/app /app\nFROM BASE\nCOPY --from=build /app /app\nENTRYPOINT [\"/app\"]")],
            "build", "--platform", Both, "--build-arg", "TARGETARCH=amd64");
        Assert.Equal(1, run.Code);
        Assert.Contains("TARGETARCH is 'amd64' at Dockerfile:4 in the build for linux/arm64", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_base_that_is_not_what_it_says_is_the_cause()
    {
        (await shop.Run([Context("FROM scratch\nCOPY program /bin/app\nCMD [\"app\"]")],
            "build", "--verify", "off", "--platform", Both, "-t", "localhost:1/base:1"))
            .Succeeded();
        var built = await shop.Run([Context("FROM localhost:1/base:1\nLABEL a=b")], "build", "--platform", Both);
        Assert.Equal(1, built.Code);
        Assert.Contains("made by Dockerfile:1: FROM localhost:1/base:1", built.Error, StringComparison.Ordinal);
        Assert.Contains("the base image localhost:1/base:1 contains it in its image for linux/arm64 (found: amd64)", built.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_right_image_passes_in_silence_and_a_second_build_looks_at_nothing()
    {
        var context =
            Context("FROM BASE\nARG TARGETARCH\nRUN busybox mkdir /srv\nCOPY bin/${TARGETARCH}/app /srv/app\nENTRYPOINT [\"/srv/app\"]");
        var first = (await shop.Run([context], "build", "--verify", "strict", "--platform", Both, "-t", "app:1")).Succeeded();
        Assert.DoesNotContain("warning:", first.Error, StringComparison.Ordinal);
        var cache = Path.Combine(shop.Root, "cache");
        Assert.Equal(2, Directory.GetFiles(Path.Combine(cache, "gate")).Length);

        // What would be needed to look again is gone; the verdict is not asked for again.
        Directory.Delete(Path.Combine(cache, "census"), recursive: true);
        (await shop.Run([context], "build", "--verify", "strict", "--platform", Both, "-t", "app:1")).Succeeded();
        Assert.Empty(Directory.GetFiles(Path.Combine(cache, "census")));
    }

    [Fact]
    public async Task a_layer_that_platforms_share_is_looked_into_once()
    {
        (await shop.Run([Context("FROM scratch\nCOPY start.sh data /opt/\nCOPY start.sh /\nCMD [\"/opt/x\"]")],
            "build", "--platform", "linux/amd64,linux/arm64,linux/riscv64", "-t", "app:1"))
            .Succeeded();
        Assert.Equal(2, Directory.GetFiles(Path.Combine(shop.Root, "cache", "census")).Length);
    }

    [Fact]
    public async Task warn_names_what_it_tells_of_and_off_says_nothing()
    {
        var context = Context("FROM BASE\nCOPY program /app\nENTRYPOINT [\"/app\"]");
        var warned = (await shop.Run([context], "build", "--verify", "warn", "--platform", Both, "-t", "app:1")).Succeeded();
        Assert.Contains("warning: linux/arm64: /app is built for amd64, but the image is for linux/arm64 [WrongMachine] (Dockerfile:2)",
            warned.Error, StringComparison.Ordinal);
        var off = (await shop.Run([context], "build", "--verify", "off", "--platform", Both, "-t", "app:2")).Succeeded();
        Assert.DoesNotContain("WrongMachine", off.Error, StringComparison.Ordinal);
        using var store = Store.Open(shop.Root);
        Assert.Equal(2, store.Tags.List().Length);
    }

    [Fact]
    public async Task a_foreign_file_off_the_start_warns_and_strict_refuses_it_unless_it_is_allowed()
    {
        var context = Context("FROM BASE\nCOPY program /opt/tool\nCMD [\"sh\"]");
        Assert.Contains("warning: linux/arm64: /opt/tool (a program) is built for amd64", (await shop.Run([context], "build",
            "--platform", Both, "-t", "app:1")).Succeeded().Error, StringComparison.Ordinal);
        var strict = await shop.Run([context], "build", "--verify", "strict", "--platform", Both);
        Assert.Equal(1, strict.Code);
        Assert.Contains("[ForeignFile]", strict.Error, StringComparison.Ordinal);
        (await shop.Run([context], "build", "--verify", "strict", "--verify-allow", "opt/**", "--platform", Both)).Succeeded();
        Assert.Equal(2, (await shop.Run([context], "build", "--verify", "maybe")).Code);
        Assert.Equal(2, (await shop.Run([context], "build", "--verify-allow", "[")).Code);
    }

    private string Context(string dockerfile)
    {
        var context = shop.Context(dockerfile, ("start.sh", "#!/bin/sh\nexec /app\n"), ("data", "1"));
        File.SetUnixFileMode(Path.Combine(context, "start.sh"), (UnixFileMode)0b111_101_101);
        foreach (var (path, cpu) in new[] {
            ("program", Cpu.Amd64), ("app.amd64", Cpu.Amd64), ("bin/amd64/app", Cpu.Amd64), ("bin/arm64/app", Cpu.Arm64) })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(context, path))!);
            File.WriteAllBytes(Path.Combine(context, path), ElfBuilder.Static(cpu));
            File.SetUnixFileMode(Path.Combine(context, path), (UnixFileMode)0b111_101_101);
        }
        return context;
    }
}
