using Manifold.Oci;

namespace Manifold.Tests.Oci;

/// <summary>Platforms in all spellings become the one form that images have.</summary>
/// <remarks>
/// Sources of the expectations: OCI image specification, "Image Index", <c>platform</c> and the table "Platform Variants"; containerd's
/// platforms module, database.go (normalizeArch) and platforms_test.go (commits 07c2124, 042728d). Spellings of uname, Debian and Docker
/// Hub's old repositories, which containerd does not know, are marked.
/// </remarks>
public sealed class ParsingPlatforms
{
    [Theory]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("linux/amd64/v1", "linux/amd64")]
    [InlineData("linux/amd64/v2", "linux/amd64/v2")]
    [InlineData("linux/amd64/v3", "linux/amd64/v3")]
    [InlineData("linux/x86_64", "linux/amd64")]
    [InlineData("linux/x86-64", "linux/amd64")]
    [InlineData("linux/i386", "linux/386")]
    [InlineData("linux/arm64", "linux/arm64")]
    [InlineData("linux/arm64/v8", "linux/arm64")]
    [InlineData("linux/arm64/8", "linux/arm64")]
    [InlineData("linux/arm64/v9", "linux/arm64/v9")]
    [InlineData("linux/aarch64", "linux/arm64")]
    [InlineData("linux/aarch64/v8", "linux/arm64")]
    [InlineData("linux/arm", "linux/arm/v7")]
    [InlineData("linux/arm/7", "linux/arm/v7")]
    [InlineData("linux/arm/v7", "linux/arm/v7")]
    [InlineData("linux/arm/6", "linux/arm/v6")]
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    [InlineData("linux/arm/5", "linux/arm/v5")]
    [InlineData("linux/arm/8", "linux/arm/v8")]
    [InlineData("linux/armhf", "linux/arm/v7")]
    [InlineData("linux/armel", "linux/arm/v6")]
    [InlineData("linux/s390x", "linux/s390x")]
    [InlineData("linux/ppc64le", "linux/ppc64le")]
    [InlineData("linux/riscv64", "linux/riscv64")]
    [InlineData("linux/loong64", "linux/loong64")]
    [InlineData("linux/mips64le", "linux/mips64le")]
    [InlineData("windows/amd64", "windows/amd64")]
    [InlineData("darwin/arm64", "darwin/arm64")]
    [InlineData("wasip1/wasm", "wasip1/wasm")]
    public void a_spelling_becomes_the_usual_one(string text, string expected) => Assert.Equal(expected, Platform.Parse(text).ToString());

    /// <summary>Neither the specification's nor containerd's: of uname, Debian, Fedora and Docker Hub's repositories.</summary>
    [Theory]
    [InlineData("linux/x64", "linux/amd64")]
    [InlineData("linux/i686", "linux/386")]
    [InlineData("linux/armv7l", "linux/arm/v7")]
    [InlineData("linux/armv6l", "linux/arm/v6")]
    [InlineData("linux/arm32v5", "linux/arm/v5")]
    [InlineData("linux/arm32v6", "linux/arm/v6")]
    [InlineData("linux/arm32v7", "linux/arm/v7")]
    [InlineData("linux/arm64v8", "linux/arm64")]
    [InlineData("linux/armhfp", "linux/arm/v7")]
    [InlineData("linux/ppc64el", "linux/ppc64le")]
    [InlineData("linux/loongarch64", "linux/loong64")]
    public void a_spelling_of_elsewhere_becomes_the_usual_one(string text, string expected) =>
        Assert.Equal(expected, Platform.Parse(text).ToString());

    /// <summary>An architecture alone is Linux's here, as images are; containerd takes the system that it runs on.</summary>
    [Theory]
    [InlineData("arm", "linux/arm/v7")]
    [InlineData("armel", "linux/arm/v6")]
    [InlineData("Aarch64", "linux/arm64")]
    [InlineData("x86_64", "linux/amd64")]
    [InlineData("i386", "linux/386")]
    [InlineData("s390x", "linux/s390x")]
    [InlineData("Linux/x86_64", "linux/amd64")]
    [InlineData(" linux/arm64 ", "linux/arm64")]
    public void an_architecture_alone_and_any_case_of_letters_will_do(string text, string expected) =>
        Assert.Equal(expected, Platform.Parse(text).ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/linux/arm")]
    [InlineData("linux/arm/")]
    [InlineData("linux//arm")]
    [InlineData("linux /arm")]
    [InlineData("linux/&arm")]
    [InlineData("linux/arm/foo/bar")]
    [InlineData("linux")]
    [InlineData("windows")]
    [InlineData("darwin")]
    [InlineData("linux/*")]
    public void what_is_no_platform_is_refused(string? text) => Assert.False(Platform.TryParse(text, out _));

    [Theory]
    [InlineData("linux", "arm64", "v8", "linux/arm64")]
    [InlineData("linux", "arm", "", "linux/arm/v7")]
    [InlineData("linux", "armhf", "v6", "linux/arm/v6")]
    [InlineData("windows", "amd64", null, "windows/amd64")]
    public void the_fields_of_a_document_are_spelled_the_same(string os, string architecture, string? variant, string expected) =>
        Assert.Equal(expected, Platform.Normalized(os, architecture, variant).ToString());

    [Theory]
    [InlineData("linux/arm/v7", "linux-arm-v7")]
    [InlineData("linux/amd64", "linux-amd64")]
    public void a_file_name_has_dashes(string text, string expected) => Assert.Equal(expected, Platform.Parse(text).Dashed);

    [Fact]
    public void two_spellings_are_one_platform() => Assert.Equal(Platform.Parse("linux/arm64"), Platform.Parse("linux/aarch64/v8"));

    [Fact]
    public void this_machine_is_a_platform() => Assert.Equal(Platform.Host, Platform.Parse(Platform.Host.ToString()));

    [Fact]
    public void a_refusal_names_the_text() =>
        Assert.Contains("'linux'", Assert.Throws<FormatException>(() => Platform.Parse("linux")).Message, StringComparison.Ordinal);
}
