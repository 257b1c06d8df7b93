using System.Formats.Tar;
using System.IO.Compression;
using Manifold.Nodes.Ssh;
using Manifold.Oci;

namespace Manifold.Tests.Nodes;

public sealed class ProgramsForNodes : IDisposable
{
    private static readonly Platform Amd64 = Platform.Parse("linux/amd64"), Arm64 = Platform.Parse("linux/arm64");
    private static readonly byte[] ForAmd64 = ElfBuilder.Dynamic(Cpu.Amd64), ForArm64 = ElfBuilder.Dynamic(Cpu.Arm64);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void the_running_program_is_the_one_for_its_own_platform()
    {
        var running = Put("bin/manifold", ForAmd64);
        Put("bin/manifold-amd64", ElfBuilder.Static(Cpu.Amd64));

        var program = Programs(running).Find(Amd64);

        Assert.Equal((running, Digest.Of(ForAmd64), ForAmd64.Length), (program.Source, program.Digest, program.Size));
        using var content = program.Open();
        Assert.Equal(Digest.Of(ForAmd64), Digest.Of(content));
    }

    [Theory]
    [InlineData("bin/manifold-arm64")]
    [InlineData("bin/manifold-linux-arm64")]
    [InlineData("release/manifold-arm64")]
    [InlineData("given/manifold-arm64")]
    [InlineData("given/arm64/manifold")]
    public void one_for_another_platform_lies_beside_it_or_where_it_is_said_to(string place)
    {
        var running = Put("bin/manifold", ForAmd64);
        var path = Put(place, ForArm64);

        Assert.Equal((path, Digest.Of(ForArm64)), Programs(running).Find(Arm64) is var found ? (found.Source, found.Digest) : default);
    }

    [Fact]
    public void the_builds_of_a_checkout_are_found()
    {
        var native = Put("artifacts/manifold/manifold", ForAmd64);
        var other = Put("artifacts/manifold-arm64/manifold", ForArm64);

        Assert.Equal(other, new NodePrograms(native, folder["artifacts/manifold"], null).Find(Arm64).Source);
        Assert.Equal(other, new NodePrograms(null, folder["src/bin/Debug"], null).Find(Arm64).Source);
        Assert.Throws<HostNotReadyException>(() => new NodePrograms(native, folder["src/bin/Debug"], null).Find(Arm64));
    }

    [Fact]
    public void a_tarball_of_the_same_version_will_do()
    {
        var path = folder[$"bin/manifold-{Foundation.Product.Number}-linux-arm64.tar.gz"];
        Directory.CreateDirectory(folder["bin"]);
        using (var tar = new TarWriter(new GZipStream(File.Create(path), CompressionLevel.Fastest)))
        {
            foreach (var (name, content) in new[] { ("share/man/man1/manifold.1", "page"u8.ToArray()), ("bin/manifold", ForArm64) })
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"manifold-1/{name}")
                {
                    DataStream = new MemoryStream(content),
                });
        }

        var program = Programs(Put("bin/manifold", ForAmd64)).Find(Arm64);

        Assert.Equal((path, Digest.Of(ForArm64), ForArm64.Length), (program.Source, program.Digest, program.Size));
        using var opened = program.Open();
        Assert.Equal(Digest.Of(ForArm64), Digest.Of(opened));
    }

    [Fact]
    public void what_is_said_goes_before_what_is_found()
    {
        Put("bin/manifold-arm64", ElfBuilder.Static(Cpu.Arm64));
        var path = Put("given/manifold-arm64", ForArm64);

        Assert.Equal(path, Programs(Put("bin/manifold", ForAmd64)).Find(Arm64).Source);
    }

    [Fact]
    public void one_for_another_processor_is_refused()
    {
        Put("bin/manifold-arm64", ForAmd64);

        var refusal = Assert.Throws<HostNotReadyException>(() => Programs(Put("bin/manifold", ForAmd64)).Find(Arm64));

        Assert.Contains("bin/manifold-arm64' is not a program for linux/arm64", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_script_is_not_a_program()
    {
        Put("bin/manifold-arm64", "#!/bin/sh\nexec something else\n"u8.ToArray());

        Assert.Throws<HostNotReadyException>(() => Programs(Put("bin/manifold", ForAmd64)).Find(Arm64));
    }

    [Fact]
    public void a_missing_one_comes_with_the_place_to_put_it()
    {
        var running = Put("bin/manifold", ForAmd64);

        var missing = Assert.Throws<HostNotReadyException>(() => Programs(running).Find(Arm64)).Message;

        Assert.Contains($"'manifold-arm64' from the same release beside '{running}'", missing, StringComparison.Ordinal);
        Assert.Contains("./build.sh --arch arm64", Assert.Throws<HostNotReadyException>(() => Programs(null).Find(Arm64)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux/riscv64")]
    [InlineData("linux/arm/v7")]
    [InlineData("linux/386")]
    public void other_processors_have_none(string platform) => Assert.Contains($"no program for {platform}",
        Assert.Throws<HostNotReadyException>(() => Programs(null).Find(Platform.Parse(platform))).Message, StringComparison.Ordinal);

    private NodePrograms Programs(string? running) => new(running, folder["bin"], folder["given"]);

    private string Put(string relative, byte[] content)
    {
        var path = folder.Write(relative, "");
        File.WriteAllBytes(path, content);
        return path;
    }
}
