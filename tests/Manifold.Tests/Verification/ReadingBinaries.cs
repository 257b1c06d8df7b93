using FsCheck;
using FsCheck.Fluent;
using Manifold.Verification.Binaries;

namespace Manifold.Tests.Verification;

/// <summary>Headers of real and of hand-made files: what is read is what readelf reads, and nothing throws.</summary>
public sealed class ReadingBinaries
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(3_000).WithQuietOnSuccess(true);

    private static readonly byte[][] Samples =
    [
        .. Cpu.Five.SelectMany(
            cpu => new[] { ElfBuilder.Static(cpu), ElfBuilder.Dynamic(cpu), ElfBuilder.SharedLibrary(cpu, "libm.so.6") }),
        new ElfBuilder(Cpu.S390x)
        {
            Interpreter = "/lib/ld64.so.1",
            Needed = ["a", "b"],
            RPath = "/x:/y",
            RunPath = "$ORIGIN/../lib",
        }.Build(),
        "#!/bin/sh -e\nexec /app \"$@\"\n"u8.ToArray(),
        [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 2, .. new byte[64]],
        File.ReadAllBytes(typeof(ReadingBinaries).Assembly.Location)[..4096],
    ];

    private static readonly Gen<byte[]> Mutations =
        from sample in Gen.Elements(Samples)
        from changes in (from at in Gen.Choose(0, sample.Length - 1)
                         from value in Gen.Elements<byte>(0, 1, 2, 0x7F, 0x80, 0xFF)
                         select (at,
            value))
            .ListOf()
        from length in Gen.Choose(0, sample.Length)
        select Changed(sample, changes.Take(12), length);

    [Fact]
    public void whatever_the_bytes_are_they_are_read_alike_from_streams_that_seek_and_that_do_not() =>
        Check.One(Config, Prop.ForAll(Mutations.ToArbitrary(), bytes =>
        {
            var seeking = FileFacts.Read("f", new MemoryStream(bytes));
            var forward = FileFacts.Read("f", new ForwardStream(bytes));
            return Equals(seeking, forward);
        }));

    [Fact]
    public void random_bytes_behind_each_magic_number_are_read() => Check.One(Config, Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        foreach (var magic in new byte[][] { [0x7F, .. "ELF"u8, 2, 1, 1],
            [0x7F, .. "ELF"u8, 1, 2, 1], [.. "MZ"u8], [0xCA, 0xFE, 0xBA, 0xBE], [0xCF, 0xFA, 0xED, 0xFE], [.. "#!"u8] })
            _ = FileFacts.Read("f", new ForwardStream([.. magic, .. bytes, .. new byte[64]]));
        _ = FileFacts.Read("etc/ld.so.conf", new MemoryStream(bytes));
    }));

    [Fact]
    public void every_truncation_of_a_file_is_read()
    {
        foreach (var sample in Samples)
            for (var length = 0; length < Math.Min(sample.Length, 1024); length++)
                _ = FileFacts.Read("f", new ForwardStream(sample[..length]));
    }

    [Fact]
    public void an_assembly_for_any_processor_is_told_from_one_that_is_bound()
    {
        var any = Assert.IsType<PeFile>(FileFacts.Read("f", File.OpenRead(typeof(ReadingBinaries).Assembly.Location)));
        Assert.Equal(new PeFile(null, Managed: true), any);
        var compiled = Assert.IsType<PeFile>(FileFacts.Read("f", File.OpenRead(typeof(object).Assembly.Location)));
        Assert.Equal(("linux", Manifold.Oci.Platform.Host.Architecture, true),
            (compiled.Machine?.Os, compiled.Machine?.Architecture, compiled.Managed));
    }

    [Theory]
    [InlineData("#!/bin/sh\n", "/bin/sh", null)]
    [InlineData("#! /usr/bin/env  -S node --x \n", "/usr/bin/env", "-S node --x")]
    [InlineData("#!/bin/bash\r\n", "/bin/bash\r", null)]
    [InlineData("#!/bin/sh", "/bin/sh", null)]
    public void a_script_names_its_interpreter_as_the_kernel_reads_it(string text, string interpreter, string? argument)
    {
        var script = Assert.IsType<ScriptFile>(FileFacts.Read("f", new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text))));
        Assert.Equal((interpreter, argument), (script.Interpreter, script.Argument));
    }

    private static byte[] Changed(byte[] sample, IEnumerable<(int At, byte Value)> changes, int length)
    {
        var copy = sample.ToArray();
        foreach (var (at, value) in changes)
            copy[at] = value;
        return length % 4 == 0 ? copy[..length] : copy;
    }
}
