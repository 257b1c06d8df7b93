using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Verification.Binaries;
using Manifold.Verification.Findings;
using Manifold.Verification.Starting;

namespace Manifold.Verification;

/// <summary>Looks over every file of a layer that holds machine code, whether or not the start comes to it.</summary>
/// <remarks>
/// First all layers are noted, then each is judged: a file for another machine may be in its place because there is one for the platform
/// as well.
/// Code for processors that no platform has (graphics cards, controllers, BPF) is not a mistake, and neither are files that nobody runs:
/// objects, and programs without
/// the mode to be executed. A native module where a program of the start looks for its own is one: the start comes to it.
/// </remarks>
internal sealed class Sweep(Platform platform, VerificationPolicy policy, ImageView view, ImmutableArray<ModuleRoot> modules)
{
    private const int ExecuteBits = 0b001_001_001;

    private readonly string wanted = Machine.Of(platform).ToString();
    private readonly HashSet<string> installed = new(StringComparer.Ordinal);

    /// <summary>Foreign files that are where they belong, or are allowed.</summary>
    public int Expected { get; private set; }

    /// <summary>Notes what a layer has for the platform.</summary>
    public void Note(int layer, LayerCensus census)
    {
        foreach (var (path, facts) in census.Files)
            if (Judge(path, facts) is null && KnownPlaces.InstalledAs(path, facts) is { IsEmpty: false } places
                && view.Shown(path, layer) is not null)
                installed.UnionWith(places);
    }

    public IEnumerable<Finding> Over(int layer, LayerCensus census)
    {
        foreach (var (path, facts) in census.Files)
        {
            if (Judge(path, facts) is not { } verdict || view.Shown(path, layer) is not { } entry)
                continue;
            var isAlone = KnownPlaces.InstalledAs(path, facts) is { IsEmpty: false } places && !installed.Overlaps(places);
            if (policy.Allows(path) || ((facts is ArchiveFile || KnownPlaces.Expect(path, facts, platform)) && !isAlone)
                || IsIdle(path, facts, entry))
                Expected++;
            else if (RootOf(path, facts) is { } root && verdict.Id != FindingId.CompatibleMachine)
                yield return Told(path, facts, verdict) with
                {
                    Id = verdict.Id == FindingId.WrongAbi
                        ? FindingId.WrongAbi : FindingId.WrongMachine,
                    Severity = FindingSeverity.Error,
                    Way = root.Way.Add("/" + path),
                };
            else if (facts is not (WheelFile or ArchiveFile))
                yield return Told(path, facts, verdict);
        }
    }

    private Finding Told(string path, FileFacts facts, Finding verdict) =>
        verdict with
        {
            Platform = platform,
            Path = "/" + path,
            Message = $"/{path} ({Kind(path, facts)}) {verdict.Message}",
            Wanted = wanted,
        };

    /// <summary>The place of the start that a native module lies in; null for other files, and for those elsewhere.</summary>
    private ModuleRoot? RootOf(string path, FileFacts facts) => facts switch
    {
        WheelFile => modules.FirstOrDefault(root => root.Runtime == ModuleRuntime.Python && Holds(root, path)),
        ArchiveFile => modules.FirstOrDefault(root => root.Runtime == ModuleRuntime.Python),
        ElfFile { Kind: ElfKind.Library } when KnownPlaces.IsModule(path) && !KnownPlaces.IsForAnyProcessor(path) =>
            modules.FirstOrDefault(root => Holds(root, path)),
        PeFile { Managed: true } => modules.FirstOrDefault(root => root.Runtime == ModuleRuntime.DotNet
            && !KnownPlaces.IsDotNetItself(root.Prefix) && Holds(root, path)),
        // Compiled where it was installed: the folder comes from another system.
        MachOFile or PeFile { Managed: false } when KnownPlaces.IsCompiledHere(path) => modules.FirstOrDefault(root =>
            root.Runtime == ModuleRuntime.Node && Holds(root, path)),
        _ => null,
    };

    private static bool Holds(ModuleRoot root, string path) => path.StartsWith(root.Prefix, StringComparison.Ordinal);

    /// <summary>
    /// Whether nobody runs it: nothing loads a file that is not named as a library,
    /// and no kernel starts one without the mode.
    /// </summary>
    private static bool IsIdle(string path, FileFacts facts, LayerEntry entry) =>
        facts is ElfFile or MachOFile or PeFile { Managed: false } && (entry.Mode & ExecuteBits) == 0 && !KnownPlaces.IsModule(path);

    private Finding? Judge(string path, FileFacts facts) => facts switch
    {
        ArchiveFile => WheelFile.OfName(path) is { } wheel ? Judge(wheel) : null,
        ElfFile { Machine.Architecture: var kin } when Judge(facts) is { Id: FindingId.CompatibleMachine }
            && LoaderFolders.HasLoader(view, kin) => null,
        _ => Judge(facts),
    };

    private Finding? Judge(FileFacts facts) => facts switch
    {
        ElfFile elf => Judge(elf),
        WheelFile wheel => Judge(wheel),
        // An assembly's code goes with any system's runtime, as long as the processor is the same.
        PeFile { Managed: true, Machine: { } machine } =>
            machine.Architecture == platform.Architecture ? null : Foreign(machine.Architecture),
        PeFile { Machine: { } machine } =>
            platform.Os == "windows" && machine.Architecture == platform.Architecture ? null : Foreign(machine.ToString()),
        MachOFile fat =>
            platform.Os == "darwin" && fat.Architectures.Contains(platform.Architecture) ? null : Foreign(string.Join(", ", fat.Machines)),
        _ => null,
    };

    // One of its machines is enough; the 32-bit kin's packages go with the 32-bit kin's interpreter.
    private Finding? Judge(WheelFile wheel) =>
        wheel.Machines.Any(machine => machine.Os == platform.Os && (machine.Architecture == platform.Architecture
            || (platform.Architecture, machine.Architecture) is ("amd64", "386") or ("arm64", "arm")))
            ? null : Foreign(wheel.Machines[0].ToString());

    private Finding? Judge(ElfFile elf)
    {
        var machine = elf.Machine;
        if (machine.Architecture.StartsWith(ElfMachines.Other, StringComparison.Ordinal)
            || elf.Kind is not (ElfKind.Program or ElfKind.Library))
            return null;
        var fit = MachineFit.Of(platform, elf);
        return fit.Kind switch
        {
            FitKind.Native => null,
            FitKind.Foreign => Foreign(machine.ToString()),
            FitKind.WrongAbi => Foreign(machine.ToString()) with
            {
                Id = FindingId.WrongAbi,
                Message = $"is built for {machine}: {fit.Why}",
            },
            _ => Foreign(machine.ToString()) with { Id = FindingId.CompatibleMachine, Message = $"is built for {machine}: {fit.Why}" },
        };
    }

    private Finding Foreign(string found) => new()
    {
        Id = FindingId.ForeignFile,
        Severity = FindingSeverity.Warning,
        Found = found,
        Message = $"is built for {found}, but the image is for {platform}",
    };

    /// <summary>What the file is to the program that loads it.</summary>
    private static string Kind(string path, FileFacts facts) => facts switch
    {
        WheelFile or ArchiveFile => "a Python package",
        _ when path.EndsWith(".node", StringComparison.Ordinal) => "a native Node.js module",
        _ when path.Contains(".cpython-", StringComparison.Ordinal) || path.EndsWith(".abi3.so", StringComparison.Ordinal) =>
            "a native Python module",
        _ when path.Contains("/runtimes/", StringComparison.Ordinal) && path.Contains("/native/", StringComparison.Ordinal) =>
            "a native .NET library",
        PeFile { Managed: true } => "a .NET assembly",
        PeFile => "a Windows file",
        MachOFile => "a macOS file",
        _ when path.EndsWith(".so", StringComparison.Ordinal) || path.Contains(".so.", StringComparison.Ordinal) => "a library",
        ElfFile { Kind: ElfKind.Library } => "a library",
        _ => "a program",
    };
}
