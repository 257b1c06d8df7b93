using System.Collections.Immutable;
using Manifold.Verification.Binaries;
using Manifold.Verification.Findings;

namespace Manifold.Verification.Starting;

/// <content>ELF programs: their machine, their loader, their libraries.</content>
internal sealed partial class StartTrace
{
    private string Wanted => Machine.Of(platform).ToString();

    private static FindingSeverity Serious(Launch launch) => launch.Certain ? FindingSeverity.Error : FindingSeverity.Warning;

    /// <summary>Whether the kernel would start it.</summary>
    private bool CheckProgram(Sighting program, ElfFile elf, Launch launch, string role)
    {
        Add(program, role, elf.Machine);
        var fit = MachineFit.Of(platform, elf);
        switch (fit.Kind)
        {
            case FitKind.Foreign:
                TellForeign(program, launch, [elf.Machine]);
                return false;
            case FitKind.WrongAbi:
                Tell((FindingId.WrongAbi, Serious(launch)), $"{program.Path} is built for {elf.Machine}: {fit.Why}", launch, program,
                    Machines(elf));
                return false;
            case FitKind.Compatible:
                Tell((FindingId.CompatibleMachine, FindingSeverity.Warning),
                    $"{program.Path} is built for {elf.Machine}: {fit.Why}", launch,
                    program, Machines(elf));
                break;
        }
        if (MachineFit.TooNew(platform, elf, LoaderOf(elf)) is { } variant)
        {
            TellTooNew(program, variant, launch);
            return false;
        }
        if (elf.Kind is ElfKind.Object or ElfKind.Other)
        {
            Tell((FindingId.NotAProgram, Serious(launch)), $"{program.Path} is an ELF object, not a program", launch, program);
            return false;
        }
        return elf.Interpreter is null || CheckLoader(program, elf, launch);
    }

    private bool CheckLoader(Sighting program, ElfFile elf, Launch launch)
    {
        var here = launch with { Way = launch.Way.Add($"loader {elf.Interpreter}") };
        if (view.Find(elf.Interpreter!) is not { IsFolder: false } loader)
        {
            Tell((FindingId.MissingLoader, Serious(launch)),
                $"{program.Path} needs the loader {elf.Interpreter}, which is not in the image", here, program,
                finding => finding with { Cause = LoaderCause(elf) });
            return false;
        }
        if (loader.Facts is not ElfFile facts)
        {
            Tell((FindingId.NotAProgram, Serious(launch)),
                $"the loader of {program.Path}, {loader.Path}, is not an ELF file", here, loader);
            return false;
        }
        Add(loader, "loader", facts.Machine);
        if (facts.Processor != elf.Processor || facts.Bits != elf.Bits || facts.BigEndian != elf.BigEndian)
        {
            Tell((FindingId.WrongMachine, Serious(launch)),
                $"the loader of {program.Path}, {loader.Path}, is built for {facts.Machine} instead of {elf.Machine}", here, loader,
                finding => finding with { Found = facts.Machine.ToString(), Wanted = elf.Machine.ToString() });
            return false;
        }
        CheckLibraries(program, elf, launch);
        return true;
    }

    private ElfFile? LoaderOf(ElfFile elf) => elf.Interpreter is { } interpreter ? view.Find(interpreter)?.Facts as ElfFile : null;

    private void TellTooNew(Sighting file, string variant, Launch launch) => Tell((FindingId.WrongVariant, Serious(launch)),
        $"{file.Path} needs a processor of type {variant}, but the image is for {platform}", launch, file, finding =>
            finding with { Found = variant, Wanted = platform.ToString()["linux/".Length..] });

    /// <summary>The libraries that LD_PRELOAD and <c>/etc/ld.so.preload</c> name.</summary>
    private IEnumerable<string> Preloaded =>
        $"{Variable(config, "LD_PRELOAD")} {(view.Find("/" + TextFile.Preload)?.Facts as TextFile)?.Text}".Split([' ', ':', '\t', '\n',
            '\r'], StringSplitOptions.RemoveEmptyEntries);

    private void CheckLibraries(Sighting program, ElfFile elf, Launch launch, string? libraryPath = null)
    {
        var search = new LibrarySearch(view, program, elf, libraryPath ?? Variable(config, "LD_LIBRARY_PATH"));
        search.Run(Preloaded);
        foreach (var library in search.Found)
        {
            Add(library, "library", (library.Facts as ElfFile)?.Machine);
            if (library.Facts is ElfFile { Processor: ElfMachines.Amd64 } facts
                && MachineFit.TooNew(platform, facts, LoaderOf(elf)) is { } variant)
                TellTooNew(library, variant, launch);
        }
        foreach (var problem in search.Problems)
        {
            var here = launch with { Way = launch.Way.Add($"library {problem.Name}") };
            if (problem.Wrong is { Facts: ElfFile wrong })
                Tell((FindingId.WrongMachine, Serious(launch)),
                    $"{problem.NeededBy} needs {problem.Name}, but {problem.Wrong.Path} is built for {wrong.Machine} instead of "
                        + $"{elf.Machine}",
                    here, problem.Wrong,
                    finding => finding with { Found = wrong.Machine.ToString(), Wanted = elf.Machine.ToString() });
            else
                Tell((FindingId.MissingLibrary, FindingSeverity.Warning),
                    $"{problem.NeededBy} needs {problem.Name}, which its loader cannot find", here, program);
        }
    }

    /// <summary>
    /// Why a loader may be missing where the machine is right: the program was linked with another C library, or the image has none.
    /// </summary>
    private Cause? LoaderCause(ElfFile elf)
    {
        if (MachineFit.Of(platform, elf).Kind != FitKind.Native)
            return null;
        var isMusl = elf.Interpreter!.Contains("ld-musl", StringComparison.Ordinal);
        var hasOther = isMusl
            ? HasAny(["/lib64", "/lib", $"/lib/{LoaderFolders.TupleOf(elf.Machine)}"], "ld-linux") || HasAny(["/lib64", "/lib"], "ld64")
            : HasAny(["/lib"], "ld-musl");
        var (built, runs) = isMusl ? ("musl (Alpine)", "glibc (Debian, Fedora …)") : ("glibc (Debian, Fedora …)", "musl (Alpine)");
        return hasOther
            ? new Cause(CauseId.OtherLibc, $"the program is linked with {built}, but the image uses {runs}",
                "build it in a stage with the same distribution as the final stage, or link it statically (Go: CGO_ENABLED=0)")
            : new Cause(CauseId.NotStatic, "the program is linked dynamically, but the image has no C library",
                "link it statically (Go: CGO_ENABLED=0; C: -static), or use a base image that has the library");
    }

    private bool HasAny(string[] folders, string prefix) =>
        folders.Any(folder => view.FilesIn(folder).Any(file => file.Path.Split('/')[^1].StartsWith(prefix, StringComparison.Ordinal)));

    private void TellForeign(Sighting program, Launch launch, ImmutableArray<Machine> machines)
    {
        // One of several for several machines, of which the script takes the right one.
        if (!launch.Certain && KnownPlaces.Expect(program.Path[1..], program.Facts!, platform))
            return;
        var found = string.Join(", ", machines);
        Tell((FindingId.WrongMachine, Serious(launch)), $"{program.Path} is built for {found}, but the image is for {platform}", launch,
            program, finding => finding with
            {
                Found = found,
                Wanted = Wanted,
                Cause = machines.FirstOrDefault()?.Os is "darwin" or "windows"
                    ? new Cause(CauseId.HostSystem, $"the program was built on or for {(machines[0].Os == "darwin" ? "macOS" : "Windows")}",
                        "build it in the Dockerfile, or build it for Linux (Go: GOOS=linux)") : null,
            });
    }

    private void TellNoProgram(Sighting program, Launch launch)
    {
        Add(program, "program", null);
        Tell((FindingId.NotAProgram, FindingSeverity.Warning),
            program.Entry.Size == 0 ? $"{program.Path} is empty" : $"{program.Path} is not a program: it is neither an ELF file nor a "
                + "script with a #! line",
            launch, program);
    }

    private Func<Finding, Finding> Machines(ElfFile elf) => finding => finding with { Found = elf.Machine.ToString(), Wanted = Wanted };

    private void Add(Sighting file, string role, Machine? machine)
    {
        if (files.All(known => known.Path != file.Path))
            files.Add(new StartFile(file.Path, role, machine?.ToString()));
    }

    private void Tell(
        (string Id, FindingSeverity Severity) what, string message, Launch? launch,
        Sighting? file = null, Func<Finding, Finding>? more = null)
    {
        if (!told.Add($"{what.Id} {message}"))
            return;
        var finding = new Finding
        {
            Id = what.Id,
            Severity = what.Severity,
            Message = message,
            Platform = platform,
            Path = file?.Path,
            Way = launch?.Way ?? [],
        };
        findings.Add(new TracedFinding(more is null ? finding : more(finding), file?.Layer));
    }
}
