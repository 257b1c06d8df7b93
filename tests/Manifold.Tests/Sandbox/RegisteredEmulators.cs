using Manifold.Oci;
using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

/// <summary>What doctor says of a registration that runs programs, by its flags. Source: Linux kernel documentation, binfmt_misc.</summary>
public sealed class RegisteredEmulators
{
    [Theory]
    [InlineData("OCF", "/usr/bin/qemu-aarch64-static", null)] // what docker/binfmt and tonistiigi/binfmt register
    [InlineData("OCPF", "/usr/libexec/qemu-binfmt/aarch64-binfmt-P", null)] // what Debian registers
    [InlineData("CF", "/usr/bin/qemu-aarch64-static", null)] // C implies O
    [InlineData("POCF", "/usr/bin/qemu-aarch64", null)]
    [InlineData("F", "/usr/bin/qemu-aarch64-static", "setuid")]
    [InlineData("PF", "/usr/bin/qemu-aarch64", "setuid")]
    [InlineData("OF", "/usr/bin/qemu-aarch64-static", "setuid")]
    [InlineData("OCF", "/usr/libexec/qemu-binfmt/aarch64-binfmt-P", "argument")]
    public void a_flag_that_is_missing_is_told_with_what_it_breaks(string flags, string interpreter, string? told)
    {
        var check = HostSurvey.Platform(Emulators.Emulated(Platform.Parse("linux/arm64"), Registration(flags, interpreter)));
        Assert.Equal(told is null ? HostStatus.Ready : HostStatus.Reduced, check.Status);
        Assert.Equal(told is not null, check.Cost?.Contains(told ?? "", StringComparison.Ordinal) ?? false);
        Assert.Equal(told is not null,
            check.Remedy?.Contains("echo -1 > /proc/sys/fs/binfmt_misc/qemu-aarch64 && manifold emulators install",
                StringComparison.Ordinal)
                ?? false);
    }

    [Theory]
    [InlineData("F", true)]
    [InlineData("OF", false)]
    public void without_flag_O_a_program_that_nobody_may_read_fails_as_well(string flags, bool told) =>
        Assert.Equal(told, Emulators.Emulated(Platform.Parse("linux/arm64"), Registration(flags, "/usr/bin/qemu-aarch64-static"))
            .Limit!.Contains("flag O", StringComparison.Ordinal));

    [Theory]
    [InlineData("rosetta", "7f454c4602010100000000000000000002003e00", true)] // amd64 on an arm64 machine of Apple's
    [InlineData("FEX-x86_64", "7f454c4602010100000000000000000002003e00", true)]
    [InlineData("qemu-hppa", "7f454c460102010000000000000000000002000f", true)] // of a processor that has no images
    [InlineData("python3.13", "f30d0d0a", false)]
    public void the_doctor_counts_what_emulates_a_processor_whatever_its_name(string name, string magic, bool counts)
    {
        using var folder = new TemporaryFolder();
        folder.Write(name, $"enabled\ninterpreter /usr/bin/any\nflags: OCF\noffset 0\nmagic {magic}\n");

        Assert.Equal(counts, HostSurvey.IsEmulator(BinfmtMisc.Parse(folder[name])!));
    }

    /// <summary>A registration as the kernel shows it (fs/binfmt_misc.c, entry_status).</summary>
    private static BinfmtMisc.Entry Registration(string flags, string interpreter)
    {
        using var folder = new TemporaryFolder();
        folder.Write("qemu-aarch64", $"enabled\ninterpreter {interpreter}\nflags: {flags}\n"
            + $"offset 0\nmagic 7f454c460201010000000000000000000200b700\nmask ffffffffffffff00fffffffffffffffffeffffff\n");
        var entry = BinfmtMisc.Parse(folder["qemu-aarch64"])!;
        Assert.Equal((flags, interpreter), (entry.Flags, entry.Interpreter));
        return entry;
    }
}
