using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Manifold.Verification.Binaries;

namespace Manifold.Tests.Verification;

/// <summary>Headers of real and of hand-made files: what is read is what readelf reads, and nothing throws.</summary>
public sealed partial class ReadingBinaries
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(3_000).WithQuietOnSuccess(true);

    private static readonly byte[][] Samples =
    [
        .. Cpu.Five.SelectMany(cpu => new[] { ElfBuilder.Static(cpu), ElfBuilder.Dynamic(cpu), ElfBuilder.SharedLibrary(cpu, "libm.so.6") }),
        new ElfBuilder(Cpu.S390x) { Interpreter = "/lib/ld64.so.1", Needed = ["a", "b"], RPath = "/x:/y", RunPath = "$ORIGIN/../lib" }.Build(),
        "#!/bin/sh -e\nexec /app \"$@\"\n"u8.ToArray(), [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 2, .. new byte[64]], File.ReadAllBytes(typeof(ReadingBinaries).Assembly.Location)[..4096],
    ];

    private static readonly Gen<byte[]> Mutations =
        from sample in Gen.Elements(Samples)
        from changes in (from at in Gen.Choose(0, sample.Length - 1) from value in Gen.Elements<byte>(0, 1, 2, 0x7F, 0x80, 0xFF) select (at, value)).ListOf()
        from length in Gen.Choose(0, sample.Length)
        select Changed(sample, changes.Take(12), length);

    [Fact]
    public void whatever_the_bytes_are_they_are_read_alike_from_streams_that_seek_and_that_do_not() => Check.One(Config, Prop.ForAll(Mutations.ToArbitrary(), bytes =>
    {
        var seeking = FileFacts.Read("f", new MemoryStream(bytes));
        var forward = FileFacts.Read("f", new ForwardStream(bytes));
        return Equals(seeking, forward);
    }));

    [Fact]
    public void random_bytes_behind_each_magic_number_are_read() => Check.One(Config, Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        foreach (var magic in new byte[][] { [0x7F, .. "ELF"u8, 2, 1, 1], [0x7F, .. "ELF"u8, 1, 2, 1], [.. "MZ"u8], [0xCA, 0xFE, 0xBA, 0xBE], [0xCF, 0xFA, 0xED, 0xFE], [.. "#!"u8] })
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
    public async Task real_programs_and_libraries_of_five_processors_are_read_as_readelf_reads_them()
    {
        var folder = Path.Combine(Peer.VisibleFolder ?? "/var/tmp/manifold-bench", "work", "busybox");
        var files = Directory.GetFiles("/usr/bin").Concat(Directory.GetFiles("/usr/lib/x86_64-linux-gnu")).Where(file => new FileInfo(file) is { LinkTarget: null, Length: > 64 }).Order(StringComparer.Ordinal).Where(IsElf).Where((_, i) => i % 8 == 0).Take(150)
            .Concat(Directory.Exists(folder) ? Directory.GetFiles(folder, "busybox", SearchOption.AllDirectories) : []).ToList();
        using var made = new TemporaryFolder();
        foreach (var (i, sample) in Samples.Where(sample => sample is [0x7F, ..]).Index())
            await File.WriteAllBytesAsync(made[$"made-{i}"], sample);
        files.AddRange(Directory.GetFiles(made.Path));
        var text = (await Tool.Try("readelf", ["-h", "-l", "-d", "-W", .. files])).Output;
        var judged = text.Split("\nFile: ", StringSplitOptions.RemoveEmptyEntries).Select(part => part.StartsWith("File: ", StringComparison.Ordinal) ? part[6..] : part).Where(part => part.Contains("ELF Header", StringComparison.Ordinal)).ToList();
        Assert.Equal(files.Count, judged.Count);
        foreach (var (file, expected) in files.Zip(judged))
        {
            await using var stream = File.OpenRead(file);
            var seeking = Assert.IsType<ElfFile>(FileFacts.Read("f", stream));
            await using var again = File.OpenRead(file);
            Assert.Equal(seeking, FileFacts.Read("f", new ForwardStream(again)));
            Assert.Equal(Summary(expected), Summary(seeking), StringComparer.Ordinal);
        }
    }

    [Theory]
    [InlineData("-Wl,-z,x86-64-v3", 3)]
    [InlineData("-mneeded -march=x86-64-v4", 4)]
    [InlineData("-mx32", 0)]
    [InlineData("-O1", 0)]
    public async Task what_a_compiler_notes_of_the_processor_is_read(string options, int level)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc") && Manifold.Oci.Platform.Host.Architecture == "amd64", "Needs gcc on amd64.");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["a.c"], "void _start(void) { for (;;); }\n");
        await Tool.Run("gcc", [.. options.Split(' '), "-nostdlib", "-static", "-o", folder["a"], folder["a.c"]]);
        await using var stream = File.OpenRead(folder["a"]);
        var elf = Assert.IsType<ElfFile>(FileFacts.Read("a", stream));
        Assert.Equal((level, options == "-mx32" ? "x32" : null), (elf.Level, elf.Machine.Abi));
        await using var again = File.OpenRead(folder["a"]);
        Assert.Equal(elf, FileFacts.Read("a", new ForwardStream(again)));
    }

    [Fact]
    public void an_assembly_for_any_processor_is_told_from_one_that_is_bound()
    {
        var any = Assert.IsType<PeFile>(FileFacts.Read("f", File.OpenRead(typeof(ReadingBinaries).Assembly.Location)));
        Assert.Equal(new PeFile(null, Managed: true), any);
        var compiled = Assert.IsType<PeFile>(FileFacts.Read("f", File.OpenRead(typeof(object).Assembly.Location)));
        Assert.Equal(("linux", Manifold.Oci.Platform.Host.Architecture, true), (compiled.Machine?.Os, compiled.Machine?.Architecture, compiled.Managed));
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

    private static bool IsElf(string file)
    {
        Span<byte> start = stackalloc byte[4];
        using var stream = File.OpenRead(file);
        return stream.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && start.SequenceEqual("\u007fELF"u8);
    }

    private static string Summary(string readelf) => string.Join(' ',
        Class().Match(readelf).Groups[1].Value, readelf.Contains("big endian", StringComparison.Ordinal) ? "big" : "little", Flags().Match(readelf).Groups[1].Value,
        Interpreter().Match(readelf).Groups[1].Value, string.Join(',', Needed().Matches(readelf).Select(match => match.Groups[1].Value)),
        RPath().Match(readelf).Groups[1].Value, RunPath().Match(readelf).Groups[1].Value);

    private static string Summary(ElfFile elf) => string.Join(' ', elf.Bits, elf.BigEndian ? "big" : "little", $"{elf.Flags:x}", elf.Interpreter, string.Join(',', elf.Needed), elf.RPath, elf.RunPath);

    private static byte[] Changed(byte[] sample, IEnumerable<(int At, byte Value)> changes, int length)
    {
        var copy = sample.ToArray();
        foreach (var (at, value) in changes)
            copy[at] = value;
        return length % 4 == 0 ? copy[..length] : copy;
    }

    [GeneratedRegex(@"Class:\s+ELF(\d+)")] private static partial Regex Class();
    [GeneratedRegex(@"Flags:\s+0x([0-9a-f]+)")] private static partial Regex Flags();
    [GeneratedRegex(@"Requesting program interpreter: ([^\]]+)\]")] private static partial Regex Interpreter();
    [GeneratedRegex(@"\(NEEDED\).*\[([^\]]+)\]")] private static partial Regex Needed();
    [GeneratedRegex(@"\(RPATH\).*\[([^\]]+)\]")] private static partial Regex RPath();
    [GeneratedRegex(@"\(RUNPATH\).*\[([^\]]+)\]")] private static partial Regex RunPath();
}

/// <summary>Bytes that come once and forward, a few at a time, as a tar's entry does.</summary>
internal sealed class ForwardStream(Stream inner) : ReadOnlyStream
{
    public ForwardStream(byte[] bytes) : this(new MemoryStream(bytes)) { }

    public override int Read(Span<byte> buffer) => inner.Read(buffer[..Math.Min(buffer.Length, 1000)]);
}
