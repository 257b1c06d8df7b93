using Manifold.Oci;
using Manifold.Verification.Binaries;

namespace Manifold.Verification;

/// <summary>Looks over every file of a layer that holds machine code, whether or not the start comes to it.</summary>
/// <remarks>Pure. Code for what is no platform's processor (graphics cards, controllers, BPF) is nobody's mistake.</remarks>
internal sealed class Sweep(Platform platform, VerificationPolicy policy)
{
    private readonly string wanted = Machine.Of(platform).ToString();

    /// <summary>Foreign files that are where they belong, or are allowed.</summary>
    public int Expected { get; private set; }

    /// <param name="visible">Whether a path of this layer is what the image shows; what a layer above replaces or removes harms nobody.</param>
    public IEnumerable<Finding> Over(IReadOnlyCollection<KeyValuePair<string, FileFacts>> files, Func<string, bool> visible)
    {
        var installed = files.Where(file => Judge(file.Value) is null).Select(file => KnownPlaces.InstalledAs(file.Key, file.Value)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var (path, facts) in files)
        {
            if (Judge(facts) is not { } verdict || !visible(path))
                continue;
            var isAlone = KnownPlaces.InstalledAs(path, facts) is { } place && !installed.Contains(place);
            if ((KnownPlaces.Expect(path, facts) && !isAlone) || policy.Allows(path))
                Expected++;
            else
                yield return verdict with { Platform = platform, Path = "/" + path, Message = $"/{path} ({Kind(path, facts)}) {verdict.Message}", Wanted = wanted };
        }
    }

    private Finding? Judge(FileFacts facts) => facts switch
    {
        ElfFile elf => Judge(elf),
        // An assembly's code goes with any system's runtime, as long as the processor is the same.
        PeFile { Managed: true, Machine: { } machine } => machine.Architecture == platform.Architecture ? null : Foreign(machine.Architecture),
        PeFile { Machine: { } machine } => platform.Os == "windows" && machine.Architecture == platform.Architecture ? null : Foreign(machine.ToString()),
        MachOFile fat => platform.Os == "darwin" && fat.Architectures.Contains(platform.Architecture) ? null : Foreign(string.Join(", ", fat.Machines)),
        _ => null,
    };

    private Finding? Judge(ElfFile elf)
    {
        var machine = elf.Machine;
        if (machine.Architecture.StartsWith(ElfMachines.Other, StringComparison.Ordinal))
            return null;
        var fit = MachineFit.Of(platform, elf);
        return fit.Kind switch
        {
            FitKind.Native => null,
            FitKind.Foreign => Foreign(machine.ToString()),
            FitKind.WrongAbi => Foreign(machine.ToString()) with { Id = FindingId.WrongAbi, Message = $"is for {machine}: {fit.Why}" },
            _ => Foreign(machine.ToString()) with { Id = FindingId.CompatibleMachine, Message = $"is for {machine}: {fit.Why}" },
        };
    }

    private Finding Foreign(string found) => new()
    {
        Id = FindingId.ForeignFile, Severity = FindingSeverity.Warning, Found = found, Message = $"is for {found}, and the image for {platform}",
    };

    /// <summary>What the file is to the program that loads it.</summary>
    private static string Kind(string path, FileFacts facts) => facts switch
    {
        _ when path.EndsWith(".node", StringComparison.Ordinal) => "a native module of Node.js",
        _ when path.Contains(".cpython-", StringComparison.Ordinal) || path.EndsWith(".abi3.so", StringComparison.Ordinal) => "a native module of Python",
        _ when path.Contains("/runtimes/", StringComparison.Ordinal) && path.Contains("/native/", StringComparison.Ordinal) => "a native library of .NET",
        PeFile { Managed: true } => "a .NET assembly",
        PeFile => "a Windows file",
        MachOFile => "a macOS file",
        _ when path.EndsWith(".so", StringComparison.Ordinal) || path.Contains(".so.", StringComparison.Ordinal) => "a library",
        ElfFile { Kind: ElfKind.Object } => "an object file",
        ElfFile { Kind: ElfKind.Library } => "a library",
        _ => "a program",
    };
}
