using System.Text.Json;
using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

/// <summary>
/// The system-call filter covers every way in which a processor takes calls. Source: moby, profiles/seccomp/default_linux.go,
/// <c>arches()</c>.
/// </summary>
public sealed class SeccompArchitectures
{
    [Theory]
    [InlineData("amd64", "X86_64 X86 X32")]
    [InlineData("arm64", "AARCH64 ARM")]
    [InlineData("s390x", "S390X S390")]
    [InlineData("riscv64", "RISCV64")]
    public void of_a_machine_are_those_of_dockers_profile(string machine, string expected) =>
        Assert.Equal(expected.Split(' '), SeccompProfile.Architectures(machine));

    [Fact]
    public void of_this_machine_are_in_what_the_runtime_is_told()
    {
        var told = JsonSerializer.SerializeToElement(
            SeccompProfile.Of(Manifold.Oci.Platform.Host.Architecture), RuntimeSpecJson.Default.RuntimeSeccomp);
        var names = told.GetProperty("architectures").EnumerateArray();
        Assert.Equal(SeccompProfile.Architectures(Manifold.Oci.Platform.Host.Architecture).Select(name => "SCMP_ARCH_" + name),
            names.Select(name => name.GetString()));
    }
}
