using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary>arm64 is the machine that builds: Debian's kernel under qemu-system-aarch64, and the program that is compiled for it.</summary>
[Trait("kind", "end-to-end")]
[Collection(nameof(Arm64Machine))]
public sealed class OnARealArm64Machine(Arm64Machine machine) : IAsyncLifetime
{
    /// <summary>Owners, modes, a program with setuid, a whiteout, an opaque folder, and the words of each platform's processor.</summary>
    private const string TwoRuns = """
        FROM BASE AS made
        ARG TARGETARCH
        COPY Dockerfile /etc/
        RUN echo $TARGETARCH $(busybox uname -m) >/arch; mkdir -p /old/deep /gone; touch /old/deep/x; busybox chown 1000:1001 /arch
        RUN rm -r /old /gone; mkdir /old; touch /old/made; busybox chmod 4755 /bin/busybox; busybox ln -s made /old/link
        FROM BASE
        COPY --from=made / /all/
        COPY --from=made --chown=7:8 /old /mine/
        """;

    private const string BothPlatforms = "linux/amd64,linux/arm64";
    private readonly Workshop shop = new();

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await machine.NeedAsync();
        await machine.Run("manifold", "emulators", "install");
    }

    public ValueTask DisposeAsync()
    {
        shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task the_doctor_finds_it_ready_and_amd64_emulated()
    {
        var said = (await machine.Manifold("doctor")).Succeeded().Output;

        Assert.Equal("aarch64", (await machine.Run("uname", "-m")).Trim());
        Assert.Matches("(?m)^ok  linux/arm64 +native$", said);
        Assert.Matches("(?m)^ok  linux/amd64 +emulated by x86_64-binfmt-P$", said);
        Assert.Matches("(?m)^ok  linux/386 +emulated by i386-binfmt-P$", said);
        Assert.Matches("(?m)^ok  RUN network +private to each RUN, through /usr/bin/pasta$", said);
        foreach (var name in (string[])["privilege", "OCI runtime", "overlayfs", "user namespaces", "binfmt_misc", "store"])
            Assert.Matches($"(?m)^ok  {name} ", said);
        Assert.Contains("\nThis machine is ready.", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_build_with_RUN_for_two_platforms_is_pushed_with_the_digests_of_this_machine()
    {
        var context = shop.Context(TwoRuns);
        var name = $"localhost:5001/on-arm64-{Guid.NewGuid():N}/app:1";

        var folder = await machine.Put(context);
        var there = (await machine.Manifold("build", "-q", "--platform", BothPlatforms, "-t", name, "--push", folder)).Succeeded();

        var here = (await shop.Run([context], "build", "-q", "--platform", BothPlatforms)).Succeeded();
        Assert.Equal(here.Output, there.Output);
        var published = await Tool.Run("skopeo", "inspect", "--tls-verify=false", "--raw", "docker://" + name);
        Assert.Equal(here.Output.Trim(), $"{Digest.Of(published)}");
    }

    [Fact]
    public async Task an_ordinary_user_there_gets_the_same_image()
    {
        var context = shop.Context(TwoRuns);

        var there = (await machine.ManifoldOfBuilder("build", "-q", "--platform", BothPlatforms, await machine.Put(context))).Succeeded();

        Assert.Equal((await shop.Run([context], "build", "-q", "--platform", BothPlatforms)).Succeeded().Output, there.Output);
    }

    [Fact]
    public async Task a_stage_on_BUILDPLATFORM_runs_natively_and_is_confined()
    {
        var context = await machine.Put(shop.Context("""
            FROM --platform=$BUILDPLATFORM BASE AS tools
            ARG BUILDPLATFORM
            ARG TARGETPLATFORM
            RUN echo $BUILDPLATFORM for $TARGETPLATFORM on $(busybox uname -m) >/said
            RUN busybox grep -q '^Seccomp:.*2$' /proc/self/status
            RUN busybox unshare true 2>&1 | busybox grep -q 'unshare(0x0): Operation not permitted'
            RUN test "$(echo /sys/class/net/*)" = '/sys/class/net/eth0 /sys/class/net/lo'
            FROM scratch
            COPY --from=tools /said /
            """));

        (await machine.Manifold("build", "-q", "--platform", "linux/amd64", "-o", "type=local,dest=/tmp/said", context)).Succeeded();

        Assert.Equal("linux/arm64 for linux/amd64 on aarch64\n", await machine.Run("cat", "/tmp/said/said"));
    }
}
