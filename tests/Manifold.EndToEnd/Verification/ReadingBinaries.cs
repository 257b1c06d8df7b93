using System.Text.RegularExpressions;
using Manifold.Verification.Binaries;

namespace Manifold.EndToEnd.Verification;

/// <summary>Headers of real and of hand-made files: what is read is what readelf reads, and nothing throws.</summary>
public sealed partial class ReadingBinaries
{
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

    [Fact]
    public async Task real_programs_and_libraries_of_five_processors_are_read_as_readelf_reads_them()
    {
        var folder = Path.Combine(Peer.VisibleFolder ?? "/var/tmp/manifold-bench", "work", "busybox");
        var files = Directory.GetFiles("/usr/bin")
            .Concat(Directory.GetFiles("/usr/lib/x86_64-linux-gnu"))
            .Where(file => new FileInfo(file) is { LinkTarget: null, Length: > 64 })
            .Order(StringComparer.Ordinal).Where(IsElf)
            .Where((_, i) => i % 8 == 0).Take(150)
            .Concat(Directory.Exists(folder) ? Directory.GetFiles(folder, "busybox", SearchOption.AllDirectories) : []).ToList();
        using var made = new TemporaryFolder();
        foreach (var (i, sample) in Samples.Where(sample => sample is [0x7F, ..]).Index())
            await File.WriteAllBytesAsync(made[$"made-{i}"], sample);
        files.AddRange(Directory.GetFiles(made.Path));
        var text = (await Tool.Try("readelf", ["-h", "-l", "-d", "-W", .. files])).Output;
        var judged = text.Split("\nFile: ", StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.StartsWith("File: ", StringComparison.Ordinal) ? part[6..] : part)
            .Where(part => part.Contains("ELF Header", StringComparison.Ordinal)).ToList();
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

    private static bool IsElf(string file)
    {
        Span<byte> start = stackalloc byte[4];
        using var stream = File.OpenRead(file);
        return stream.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && start.SequenceEqual("\u007fELF"u8);
    }

    private static string Summary(string readelf) => string.Join(' ',
        Class().Match(readelf).Groups[1].Value,
        readelf.Contains("big endian", StringComparison.Ordinal) ? "big" : "little", Flags().Match(readelf).Groups[1].Value,
        Interpreter().Match(readelf).Groups[1].Value, string.Join(',', Needed().Matches(readelf).Select(match => match.Groups[1].Value)),
        RPath().Match(readelf).Groups[1].Value, RunPath().Match(readelf).Groups[1].Value);

    private static string Summary(ElfFile elf) => string.Join(' ', elf.Bits,
        elf.BigEndian ? "big" : "little", $"{elf.Flags:x}", elf.Interpreter, string.Join(',', elf.Needed), elf.RPath, elf.RunPath);

    [GeneratedRegex(@"Class:\s+ELF(\d+)")] private static partial Regex Class();
    [GeneratedRegex(@"Flags:\s+0x([0-9a-f]+)")] private static partial Regex Flags();
    [GeneratedRegex(@"Requesting program interpreter: ([^\]]+)\]")] private static partial Regex Interpreter();
    [GeneratedRegex(@"\(NEEDED\).*\[([^\]]+)\]")] private static partial Regex Needed();
    [GeneratedRegex(@"\(RPATH\).*\[([^\]]+)\]")] private static partial Regex RPath();
    [GeneratedRegex(@"\(RUNPATH\).*\[([^\]]+)\]")] private static partial Regex RunPath();
}
