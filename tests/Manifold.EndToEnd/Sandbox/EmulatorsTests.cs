using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

public sealed class ForeignPlatforms(BusyBox box) : IClassFixture<BusyBox>
{
    public static TheoryData<string> Foreign => [.. Emulators.Usual.Select(platform => platform.ToString())];

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task run_a_program_of_their_own_in_an_empty_image(string name)
    {
        var platform = await Here(name);
        var layer = box.Layer($"program {name}", root =>
        {
            var program = Path.Combine(root, "program");
            File.WriteAllBytes(program, Processor.All.Single(processor => processor.Architecture == platform.Architecture).Program());
            File.SetUnixFileMode(program, (UnixFileMode)0x1ED);
        });
        using var result = await box.Sandbox.RunAsync(new RunRequest { Chain = [layer], Arguments = ["/program"], Platform = platform },
            TestContext.Current.CancellationToken);
        Assert.Equal(Processor.ExitCode, result.ExitCode);
        // What BuildKit leaves in an image that has none of them: docs/decisions/0006-proc-sys-dev.md.
        Assert.Equal(["dev", "proc", "sys"], Directory.EnumerateFileSystemEntries(result.ChangesFolder).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("linux/amd64", "x86_64")]
    [InlineData("linux/arm64", "aarch64")]
    [InlineData("linux/arm/v7", "armv7l")]
    [InlineData("linux/ppc64le", "ppc64le")]
    [InlineData("linux/riscv64", "riscv64")]
    public async Task say_their_own_name(string name, string machine)
    {
        var platform = await Here(name);
        var roots = Environment.GetEnvironmentVariable("MANIFOLD_TEST_BUSYBOX");
        Assert.SkipWhen(roots is null, "MANIFOLD_TEST_BUSYBOX does not name a folder with rootfs-ARCH/bin/busybox of each architecture.");
        var busybox = Path.Combine(roots, $"rootfs-{platform.Architecture}", "bin", "busybox");
        Assert.SkipUnless(File.Exists(busybox), $"There is no {busybox}.");
        var layer = box.Layer($"busybox {name}", root =>
        {
            Directory.CreateDirectory(Path.Combine(root, "bin"));
            File.Copy(busybox, Path.Combine(root, "bin", "busybox"));
            foreach (var applet in (string[])["sh", "uname", "kill", "echo"])
                File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "busybox");
        });
        var request = BusyBox.Shell("uname -m; echo made > /made; exit 5", layer) with { Platform = platform };
        using var result = await box.Sandbox.RunAsync(request, TestContext.Current.CancellationToken);
        // A processor may run its 32-bit kin by itself, and then uname says what the kernel is built for.
        var isEmulated = (await box.Emulators.ForAsync(platform)).Kind == EmulationKind.Emulated;
        Assert.Equal((5, isEmulated), (result.ExitCode, result.Emulated));
        if (isEmulated || platform == Platform.Host)
            Assert.Equal(machine, result.Tail.Single());
        Assert.Equal(["dev", "made", "proc", "sys"],
            Directory.EnumerateFileSystemEntries(result.ChangesFolder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task that_crash_in_their_emulator_are_told_apart_from_a_failure()
    {
        var platform = await Here(Platform.Host.Architecture == "arm64" ? "linux/riscv64" : "linux/arm64");
        var layer = box.Layer("a crash", root =>
        {
            var program = Path.Combine(root, "program");
            var processor = Processor.All.Single(processor => processor.Architecture == platform.Architecture);
            File.WriteAllBytes(program, (processor with { Code = "00000000" }).Program()); // no instruction of any of them
            File.SetUnixFileMode(program, (UnixFileMode)0x1ED);
        });
        using var result = await box.Sandbox.RunAsync(new RunRequest { Chain = [layer], Arguments = ["/program"], Platform = platform },
            TestContext.Current.CancellationToken);
        Assert.Equal(132, result.ExitCode);
        Assert.StartsWith("qemu: uncaught target signal 4", result.EmulatorCrash, StringComparison.Ordinal);
    }

    [Fact]
    public async Task that_fail_by_themselves_are_no_crash()
    {
        using var result = await box.Run("echo 'qemu: uncaught target signal 11 (Segmentation fault) - core dumped' >&2; exit 139");
        Assert.Equal((139, null), (result.ExitCode, result.EmulatorCrash));
    }

    [Fact]
    public async Task without_an_emulator_name_the_package_and_the_command()
    {
        var absent = Processor.All.Select(processor => Platform.Normalized("linux", processor.Architecture, null)).ToList();
        var missing = (await Task.WhenAll(absent.Select(box.Emulators.ForAsync)))
            .FirstOrDefault(emulation => emulation.Kind == EmulationKind.Missing);
        Assert.SkipWhen(missing is null, "Every emulator is registered on this machine.");
        var error = await Assert.ThrowsAsync<HostNotReadyException>(
            () => box.Sandbox.RunAsync(BusyBox.Shell("true") with { Platform = missing.Platform }, TestContext.Current.CancellationToken));
        Assert.Contains("apt-get install qemu-user-static && manifold emulators install", error.Message, StringComparison.Ordinal);
        Assert.Contains(missing.Platform.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("windows/amd64")]
    [InlineData("linux/sparc64")]
    public async Task that_nobody_emulates_are_missing(string name) =>
        Assert.Equal(EmulationKind.Missing, (await box.Emulators.ForAsync(Platform.Parse(name))).Kind);

    [Fact]
    public async Task are_matched_by_the_magic_that_debian_registers()
    {
        var files = Directory.Exists("/usr/lib/binfmt.d") ? Directory.GetFiles("/usr/lib/binfmt.d", "qemu-*.conf") : [];
        Assert.SkipWhen(files.Length == 0, "The package qemu-user-static is not installed here; test.sh installs it.");
        foreach (var processor in Processor.All.Where(
            processor => files.Any(file => Path.GetFileName(file) == $"qemu-{processor.Qemu}.conf")))
        {
            var fields =
                (await File.ReadAllTextAsync($"/usr/lib/binfmt.d/qemu-{processor.Qemu}.conf", TestContext.Current.CancellationToken)).Trim()
                    .Split(':');
            var entry = new BinfmtMisc.Entry("", true, fields[6], fields[7], 0, Bytes(fields[4]), Bytes(fields[5]));
            Assert.All(Processor.All, other => Assert.Equal(other == processor, entry.Matches(other.Header)));
        }
    }

    private static ImmutableArray<byte> Bytes(string escaped) =>
        [.. System.Text.RegularExpressions.Regex.Matches(escaped, @"\\x(..)|(.)")
            .Select(match => match.Groups[1].Success ? Convert.ToByte(match.Groups[1].Value, 16) : (byte)match.Value[0])];

    private async Task<Platform> Here(string name)
    {
        var emulation = await box.Emulators.ForAsync(Platform.Parse(name));
        Assert.SkipWhen(emulation.Kind == EmulationKind.Missing, emulation.Problem ?? "");
        return emulation.Platform;
    }
}
