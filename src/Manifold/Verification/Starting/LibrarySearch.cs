using System.Collections.Immutable;
using Manifold.Verification.Binaries;

namespace Manifold.Verification.Starting;

/// <summary>A library that the loader would not load.</summary>
/// <param name="Name">As the file that needs it names it.</param>
/// <param name="NeededBy">The program or library that asks.</param>
/// <param name="Wrong">Where one of that name lies that is for another machine; null where there is none at all.</param>
internal sealed record LibraryProblem(string Name, string NeededBy, Sighting? Wrong);

/// <summary>Finds the libraries of a program, and theirs, as the loader of its C library does.</summary>
/// <remarks>
/// <code>
/// glibc, for each name that is not loaded yet     musl
///   1  a name with a slash is a path                1  the same
///   2  RPATH of the file and of those that           2  LD_LIBRARY_PATH
///      loaded it, unless the file has a RUNPATH
///   3  LD_LIBRARY_PATH                              3  RPATH and RUNPATH of the file and of those that loaded it
///   4  the file's RUNPATH                           4  the folders of /etc/ld-musl-*.path, else the built-in ones
///   5  ld.so.conf's folders, then the built-in ones
/// </code>
/// A file for another machine is passed over, and remembered. Source: ld.so(8); musl, <c>ldso/dynlink.c</c> (<c>load_library</c>).
/// </remarks>
internal sealed class LibrarySearch(ImageView view, Sighting program, ElfFile elf, string? libraryPath)
{
    // What musl's loader has within itself.
    private static readonly string[] MuslParts = ["libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."];

    private readonly bool musl = elf.Interpreter?.Contains("ld-musl", StringComparison.Ordinal) == true;
    private readonly Sighting? loader = elf.Interpreter is { } interpreter ? view.Find(interpreter) : null;
    private readonly HashSet<string> loaded = new(StringComparer.Ordinal);
    private readonly Queue<Loaded> pending = new();
    private ImmutableArray<string> standard;

    /// <summary>The files found, in the order in which they are loaded.</summary>
    public List<Sighting> Found { get; } = [];

    public List<LibraryProblem> Problems { get; } = [];

    private sealed record Loaded(Sighting File, ElfFile Elf, Loaded? By);

    /// <param name="preloaded">Libraries that the loader loads before those that the program names.</param>
    public void Run(IEnumerable<string> preloaded)
    {
        standard = LoaderFolders.Of(view, elf.Machine, loader, musl);
        pending.Enqueue(new Loaded(program, elf, null));
        foreach (var name in preloaded.SelectMany(name => name.Contains('/', StringComparison.Ordinal) ? Expand(name, program)
            .Take(1) : [name]).Where(loaded.Add))
            Load(name, new Loaded(program, elf, null));
        while (pending.TryDequeue(out var file))
            foreach (var name in file.Elf.Needed)
                if (!IsLoader(name) && loaded.Add(name))
                    Load(name, file);
    }

    private bool IsLoader(string name) =>
        name == elf.Interpreter?.Split('/')[^1] || (musl && MuslParts.Any(part => name.StartsWith(part, StringComparison.Ordinal)));

    private void Load(string name, Loaded by)
    {
        Sighting? wrong = null;
        foreach (var path in name.Contains('/', StringComparison.Ordinal) ? [name] : Folders(by).Select(folder => $"{folder}/{name}"))
        {
            if (view.Find(path) is not { Facts: ElfFile library } found)
                continue;
            if (library.Processor == elf.Processor
                && library.Bits == elf.Bits
                && library.BigEndian == elf.BigEndian
                && ElfMachines.SameAbi(elf, library))
            {
                Found.Add(found);
                pending.Enqueue(new Loaded(found, library, by));
                return;
            }
            wrong ??= found;
        }
        // No loader looks there; but that it lies there tells what went wrong.
        wrong ??= LoaderFolders.OfAnyProcessor.Select(folder => view.Find($"{folder}/{name}"))
            .FirstOrDefault(found => found?.Facts is ElfFile);
        Problems.Add(new LibraryProblem(name, by.File.Path, wrong));
    }

    private IEnumerable<string> Folders(Loaded by)
    {
        var fromEnvironment = Split(libraryPath, program);
        if (musl)
            return [.. fromEnvironment, .. Chain(by).SelectMany(file => Split(file.Elf.RunPath ?? file.Elf.RPath, file.File)), .. standard];
        var inherited = by.Elf.RunPath is null
            ? Chain(by).Where(file => file.Elf.RunPath is null).SelectMany(file => Split(file.Elf.RPath, file.File))
            : [];
        return [.. inherited, .. fromEnvironment, .. Split(by.Elf.RunPath, by.File), .. standard];
    }

    private static IEnumerable<Loaded> Chain(Loaded file)
    {
        for (var at = file; at is not null; at = at.By)
            yield return at;
    }

    private IEnumerable<string> Split(string? path, Sighting file) =>
        (path ?? "").Split([':', ';'], StringSplitOptions.RemoveEmptyEntries).SelectMany(folder => Expand(folder, file));

    // $LIB is lib/TUPLE on Debian, lib64 or lib elsewhere; $PLATFORM is a name for hardware that nobody uses.
    private IEnumerable<string> Expand(string folder, Sighting file)
    {
        folder = folder.Replace("${ORIGIN}", file.Folder, StringComparison.Ordinal)
            .Replace("$ORIGIN", file.Folder, StringComparison.Ordinal)
            .Replace("${LIB}", "$LIB", StringComparison.Ordinal).TrimEnd('/');
        return !folder.Contains("$LIB", StringComparison.Ordinal) ? [folder]
            : new[] { $"lib/{LoaderFolders.TupleOf(elf.Machine)}", "lib64", "lib" }
                .Select(lib => folder.Replace("$LIB", lib, StringComparison.Ordinal));
    }
}
