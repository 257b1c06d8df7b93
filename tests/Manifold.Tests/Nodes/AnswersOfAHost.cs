using Manifold.Nodes.Ssh;
using Manifold.Oci;
using Manifold.Projects;

namespace Manifold.Tests.Nodes;

public sealed class AnswersOfAHost
{
    private const string Hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    /// <summary>As a Raspberry Pi with Debian 12 gives them.</summary>
    private const string Pi = $"""
        Welcome to pi!
        M os=Linux
        M machine=aarch64
        M kernel=6.1.0-18-arm64
        M user=1000
        M home=/home/builder
        M time=1796078000
        M tool=gzip
        M library=glibc 2.36
        M loader=/lib/ld-linux-aarch64.so.1
        M folder=/home/builder/.cache/manifold
        M disk=/dev/mmcblk0p2   30000000 9000000  19500000      32% /
        M program=/home/builder/.cache/manifold/programs/{Hex}/manifold
        M program=/home/builder/.cache/manifold/programs/not-a-digest/manifold
        """;

    [Fact]
    public void describe_it()
    {
        var profile = Read(Pi)!;

        Assert.Equal(("Linux", "aarch64", "6.1.0-18-arm64"), (profile.Os, profile.Machine, profile.Kernel));
        Assert.Equal(Platform.Parse("linux/arm64"), profile.Platform);
        Assert.Equal((1000, "/home/builder", 1796078000L), (profile.UserId, profile.Home, profile.Time));
        Assert.Equal("/home/builder/.cache/manifold", profile.Folder);
        Assert.Equal(19_500_000L * 1024, profile.FreeBytes);
        Assert.Equal([Digest.Parse("sha256:" + Hex)], profile.Programs);
        Assert.True(profile.HasGzip);
        Assert.Null(Refusal(Pi));
    }

    [Theory]
    [InlineData("armv7l", "linux/arm/v7")]
    [InlineData("armv6l", "linux/arm/v6")]
    [InlineData("x86_64", "linux/amd64")]
    [InlineData("i686", "linux/386")]
    [InlineData("riscv64", "linux/riscv64")]
    public void name_the_processor_as_the_kernel_does(string machine, string platform) =>
        Assert.Equal(Platform.Parse(platform), Read(Pi.Replace("aarch64", machine, StringComparison.Ordinal))!.Platform);

    [Theory]
    [InlineData("M os=Linux", "M os=Darwin", nameof(SshProblem.NotLinux))]
    [InlineData("glibc 2.36", "glibc 2.31", nameof(SshProblem.WrongLibrary))]
    [InlineData("M loader=/lib/ld-linux-aarch64.so.1", "", nameof(SshProblem.WrongLibrary))] // programs of 32 bits on a kernel of 64
    [InlineData("M library=glibc 2.36\nM loader=/lib/ld-linux-aarch64.so.1", "M library=\nM loader=/lib/ld-musl-aarch64.so.1",
        nameof(SshProblem.WrongLibrary))]
    [InlineData("M folder=/home/builder", "M unwritable=mkdir: cannot create directory: Read-only file system\nM folder=/home/builder",
        nameof(SshProblem.Unwritable))]
    [InlineData("M folder=/home/builder", "M unwritable=printf: write error: No space left on device\nM folder=/home/builder",
        nameof(SshProblem.DiskFull))]
    [InlineData("M folder=/home/builder", "M noexec=yes\nM folder=/home/builder", nameof(SshProblem.NotExecutable))]
    [InlineData("M folder=/home/builder", "M folder=relative", nameof(SshProblem.Unwritable))]
    public void can_be_reasons_to_refuse_it(string good, string bad, string problem)
    {
        var answers = Pi.ReplaceLineEndings("\n").Replace(good, bad, StringComparison.Ordinal);

        Assert.Equal(problem, Refusal(answers)?.Problem.ToString());
    }

    [Theory]
    [InlineData("glibc 2.34")]
    [InlineData("glibc 2.101")]
    [InlineData("glibc 3.0")]
    [InlineData("")]
    public void can_name_any_newer_library(string library) =>
        Assert.Null(Refusal(Pi.Replace("glibc 2.36", library, StringComparison.Ordinal)));

    [Theory]
    [InlineData("")]
    [InlineData("M os=Linux")]
    [InlineData("say() { printf '%s %s=%s\\n' M \"$1\" \"$2\"; }\nsay os \"$(uname -s)\"")] // the script itself, sent back
    public void can_be_none(string answers) => Assert.Null(Read(answers));

    [Fact]
    public void come_from_a_script_that_has_the_folder_in_quotes()
    {
        var script = new HostProbe("M").Script("/it's/$HOME");

        Assert.Contains("folder='/it'\\''s/$HOME'\n", script, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', script);
        Assert.DoesNotContain("MARK", script, StringComparison.Ordinal);
    }

    private static HostProfile? Read(string answers) => new HostProbe("M").Read(answers);

    private static SshException? Refusal(string answers) => HostCheck.Refuse(NodeAddress.Parse("ssh://pi"), Read(answers)!);
}
