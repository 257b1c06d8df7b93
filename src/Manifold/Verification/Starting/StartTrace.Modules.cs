using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Verification.Binaries;
using Manifold.Verification.Findings;

namespace Manifold.Verification.Starting;

/// <content>What a program loads by itself once it runs: modules, plug-ins, archives, assemblies; and a program that a loader is
/// given.</content>
internal sealed partial class StartTrace
{
    private const int MostArchives = 4000;

    private void LookAtModules(Sighting program, Launch launch)
    {
        ImmutableArray<string> arguments = [.. launch.Words[1..], .. launch.Later];
        var runtime = ModulePlaces.RuntimeOf(program.Path);
        if (launch.Certain)
            foreach (var prefix in new ModulePlaces(view, config?.Env
                ?? [], launch.Folder).Of(runtime, program.Path, launch.Words[0], arguments))
                modules.TryAdd($"{runtime} {prefix}", new ModuleRoot(prefix, runtime, launch.Way));
        if (runtime == ModuleRuntime.Java)
            CheckArchives(launch, arguments);
        else if (runtime == ModuleRuntime.DotNet)
            CheckAssembly(launch, AssemblyOf(arguments) is { } assembly ? Absolute(assembly, launch.Folder) : null);
        else if (view.Find(program.Path + ".runtimeconfig.json") is not null)
            CheckAssembly(launch, program.Path + ".dll"); // the program is .NET's host, and starts the assembly of its name
    }

    /// <summary>
    /// <c>/lib64/ld-linux-x86-64.so.2 PROGRAM</c>: the loader maps the program itself, whatever its mode and its own loader
    /// are.
    /// </summary>
    private void FollowLoader(Launch launch, ImmutableArray<string> arguments)
    {
        var (at, libraryPath) = (0, (string?)null);
        for (; at < arguments.Length && arguments[at] is ['-', '-', ..] word; at++)
        {
            if (word is "--library-path")
                libraryPath = at + 1 < arguments.Length ? arguments[at + 1] : null;
            else if (word.StartsWith("--library-path=", StringComparison.Ordinal))
                libraryPath = word["--library-path=".Length..];
            at += word is "--library-path" or "--inhibit-rpath" or "--audit" or "--preload" or "--argv0" or "--glibc-hwcaps-prepend"
                or "--glibc-hwcaps-mask" ? 1 : 0;
        }
        if (at >= arguments.Length || view.Find(Absolute(arguments[at], launch.Folder)) is not { IsFolder: false } program)
            return;
        var here = launch.Of(arguments[at..], program.Path);
        if (program.Facts is ElfFile elf && CheckProgram(program, elf with { Interpreter = null }, here, "program"))
        {
            CheckLibraries(program, elf, here, libraryPath);
            HandOver(program, here);
        }
        else if (program.Facts is PeFile or MachOFile)
            TellForeign(program, here, program.Facts.Machines);
    }

    /// <summary>The archives of a Java program that have native libraries for other machines alone.</summary>
    private void CheckArchives(Launch launch, ImmutableArray<string> arguments)
    {
        var parts = Archives(launch, arguments).DistinctBy(archive => archive.Path)
            .SelectMany(archive => ((ArchiveFile)archive.Facts!).Parts.Select(part => (Archive: archive, Part: part))).ToList();
        var wanted = Machine.Of(platform).Architecture;
        var own = parts.Where(each => each.Part.Architectures.Contains(wanted)).Select(each => OpenName(each.Archive, each.Part))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var (archive, part) in parts)
        {
            if (part.Architectures.Contains(wanted) || own.Contains(OpenName(archive, part))
                || HasOtherWay().IsMatch($"{archive.Path}!{part.Inside}!{part.Example}"))
                continue;
            var name = part.Inside.Length == 0 ? archive.Path : $"{archive.Path}!/{part.Inside}";
            var found = string.Join(", ", part.Architectures);
            // A library that knows several processors and not this one is often one that can do without.
            var isOfOne = part.Architectures.Length == 1 || wanted is "amd64" or "arm64";
            Tell((FindingId.WrongMachine, isOfOne
                ? Serious(launch) : FindingSeverity.Warning),
                $"{name} has native libraries for {found} only ({part.Example}), but the image is for {platform}", launch, archive,
                finding => finding with { Found = part.Architectures[0], Wanted = Wanted });
        }
    }

    // Of one artifact there may be an archive for each machine: their names differ in the machine's.
    private static string OpenName(Sighting archive, ArchivePart part)
    {
        var name = (part.Inside.Length == 0 ? archive.Path : part.Inside).Split('/')[^1];
        return part.Architectures.Aggregate(name, (open, machine) => KnownPlaces.NamesOf(machine)?.Replace(open, "*") ?? open);
    }

    private IEnumerable<Sighting> Archives(Launch launch, ImmutableArray<string> arguments)
    {
        var path = Variable(config, "CLASSPATH");
        string? main = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            var next = i + 1 < arguments.Length ? arguments[i + 1] : "";
            if (arguments[i] is "-jar")
                (main, i) = (next, arguments.Length);
            else if (arguments[i] is "-cp" or "-classpath" or "--class-path" or "-p" or "--module-path")
                (path, i) = ($"{path}:{next}", i + 1);
        }
        var found = new List<Sighting>();
        void AddBelow(string folder) => found.AddRange(view.FilesBelow(folder, MostArchives).Where(file => ArchiveFile.Wants(file.Path)));
        foreach (var entry in (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Append("."))
        {
            var place = Absolute(entry.TrimEnd('*'), launch.Folder);
            if (entry.EndsWith('*'))
                found.AddRange(view.FilesIn(place));
            else if (view.Find(place) is { IsFolder: false } file)
                found.Add(file);
            else
                AddBelow(place.TrimEnd('/') + "/BOOT-INF/lib");
        }
        if (main is not null && view.Find(Absolute(main, launch.Folder)) is { IsFolder: false } jar)
        {
            found.Add(jar);
            if (jar.Folder is not ("/" or "/usr/share/java"))
                AddBelow(jar.Folder);
        }
        return found.Where(file => file.Facts is ArchiveFile);
    }

    /// <summary>The assembly that <c>dotnet</c> is to start; null where it is a command of the SDK.</summary>
    private static string? AssemblyOf(ImmutableArray<string> arguments)
    {
        for (var at = 0; at < arguments.Length; at++)
        {
            if (arguments[at] is "--depsfile" or "--runtimeconfig" or "--roll-forward" or "--fx-version"
                or "--additionalprobingpath" or "--additional-deps")
                at++;
            else if (arguments[at] is not ("exec" or ['-', ..]))
                return arguments[at].EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
                    || arguments[at].EndsWith(".exe", StringComparison.OrdinalIgnoreCase) ? arguments[at] : null;
        }
        return null;
    }

    /// <summary>The assembly that .NET starts, and the Windows libraries beside it, which it cannot load here.</summary>
    private void CheckAssembly(Launch launch, string? path)
    {
        if (path is null || view.Find(path) is not { IsFolder: false } assembly)
            return;
        // .NET does not recompile a file that is compiled ahead of time for another processor: it refuses the whole file.
        if (assembly.Facts is PeFile { Managed: true, Machine: { } bound } && bound.Architecture != platform.Architecture)
            TellModule(assembly, launch, bound, $"{assembly.Path} is a .NET assembly for {bound.Architecture} only");
        if (assembly.Facts is PeFile { Managed: false, Machine: { } machine })
            TellModule(assembly, launch, machine, $"{assembly.Path} is a Windows program, not a .NET assembly");
        else if (assembly.Folder != "/")
            foreach (var file in view.FilesIn(assembly.Folder).Where(file => file.Facts is PeFile { Managed: false }
                && file.Path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && !IsForWindowsOnly(file)))
                TellModule(file, launch, ((PeFile)file.Facts!).Machine!,
                    $"{file.Path} is a native Windows library next to {assembly.Path}");
    }

    /// <summary>
    /// Packages bring some of Windows' libraries everywhere:
    /// those have one for Linux beside them, or are for what only Windows has.
    /// </summary>
    private bool IsForWindowsOnly(Sighting file)
    {
        var name = file.Path.Split('/')[^1][..^".dll".Length];
        return WindowsOnly().IsMatch(name) || new[] { $"{name}.so", $"lib{name}.so", $"{name}.dll.so" }.Any(other =>
            view.Find($"{file.Folder}/{other}") is not null);
    }

    private void TellModule(Sighting file, Launch launch, Machine machine, string what) =>
        Tell((FindingId.WrongMachine, Serious(launch)), $"{what}, but the image is for {platform}", launch, file, finding =>
            finding with { Found = machine.ToString(), Wanted = Wanted });

    // These say themselves whether their native part is there, and go on without: with Java's own.
    [GeneratedRegex(
        @"netty|lz4-java|conscrypt|jansi|jline|brotli4j|wildfly-openssl|leveldbjni|commons-crypto|netlib|jniloader|libhadoop|"
        + @"async-?profiler", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HasOtherWay();

    [GeneratedRegex(
        @"^(?:Microsoft\.DiaSymReader\.Native|WebView2Loader|.*\bSNI\b|msdia|api-ms-win|ucrtbase|vcruntime|msvcp)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex WindowsOnly();
}
