using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Oci;
using Manifold.Verification.Binaries;
using Manifold.Verification.Findings;

namespace Manifold.Verification.Starting;

/// <summary>What following an image's start gave.</summary>
/// <param name="Findings">Without layer and cause; <see cref="TracedFinding.Layer"/> is the layer's index.</param>
internal sealed record StartReport(ImmutableArray<string> Command, ImmutableArray<StartFile> Files, ImmutableArray<TracedFinding> Findings)
{
    /// <summary>The places where the programs of the start look for modules and plug-ins, as far as certain.</summary>
    public ImmutableArray<ModuleRoot> Modules { get; init; } = [];
}

/// <summary>
/// Follows what happens when a container of the image starts, as the runtime and the kernel do it, without running anything.
/// </summary>
/// <remarks>
/// <code>
/// ENTRYPOINT + CMD             1  one list of words
/// first word                   2  a path, or looked for in PATH; links followed; it must be executable
/// #! line                      3  its interpreter with one argument, the script, the rest; then again from 2
/// ELF                          4  machine, class, byte order, ABI; then the loader (PT_INTERP), then the libraries
/// sh -c, tini, env, gosu …     5  start another program: its words again from 2
/// node, python, java, dotnet   6  load modules of their own: where they look is noted, Java's archives and .NET's assemblies are looked at
/// supervisord, s6, runit, erl  7  start what their configuration or their folder names: again from 2
/// HEALTHCHECK                  8  again from 2
/// </code>
/// A shell's text and a shell script are followed as far as they are plain. Where a step depends on what a program does (what stands within
/// an <c>if</c>, after a test, in a function) it is a guess, and what is found on from there is a warning: it may never run. Pure; whatever
/// the files are, it ends. Source: execve(2), <c>fs/binfmt_script.c</c>, <c>fs/binfmt_elf.c</c>; runc's look-up in PATH is Go's
/// <c>exec.LookPath</c>.
/// </remarks>
internal sealed partial class StartTrace(ImageView view, ContainerConfig? config, Platform platform)
{
    internal const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; // containerd's, where Env has none
    private const int DeepestLaunch = 12, MostLaunches = 64;

    private readonly List<TracedFinding> findings = [];
    private readonly List<StartFile> files = [];
    private readonly Dictionary<string, ModuleRoot> modules = new(StringComparer.Ordinal);
    private readonly HashSet<string> told = new(StringComparer.Ordinal);
    private int launches;

    /// <summary>A program about to be started.</summary>
    /// <param name="Certain">Nothing but what is written in the image decides that it is started.</param>
    /// <param name="Folder">The working directory.</param>
    /// <param name="Way">The words by which the start came here.</param>
    private sealed record Launch(ImmutableArray<string> Words, bool Certain, string Folder, ImmutableArray<string> Way)
    {
        /// <summary>The words stand in a script: what is not there may be made by it, or be there in a container only.</summary>
        public bool Scripted { get; init; }

        /// <summary>Words behind those that are known to be next to each other: behind <c>$OPTIONS</c> of a shell's text.</summary>
        public ImmutableArray<string> Later { get; init; } = [];

        /// <summary>A shell may have set another PATH on the way.</summary>
        public bool OtherPath { get; init; }

        public Launch Of(ImmutableArray<string> words, string step, bool certain = true) =>
            this with
            {
                Words = words,
                Certain = Certain && certain,
                Way = Way.Add(step),
                Later = Later,
            };
    }

    public StartReport Run()
    {
        // 1
        ImmutableArray<string> words = [.. config?.Entrypoint ?? [], .. config?.Cmd ?? []];
        var origin = config?.Entrypoint is { IsDefaultOrEmpty: false } ? "ENTRYPOINT" : "CMD";
        if (words.IsEmpty)
            Tell((FindingId.NoEntrypoint, FindingSeverity.Note), "the image has neither ENTRYPOINT nor CMD; running it requires a command",
                null);
        else
            Follow(new Launch(words, Certain: true, Folder, [origin]));
        // 8
        if (HealthcheckWords is { IsEmpty: false } check)
            Follow(new Launch(check, Certain: true, Folder, ["HEALTHCHECK"]) { Scripted = true });
        return new StartReport(words, [.. files], [.. findings]) { Modules = [.. modules.Values] };
    }

    private string Folder => config?.WorkingDir is { Length: > 0 } folder ? folder : "/";

    // Source: Docker's image specification, "Healthcheck": NONE and an inherited one have nothing to start.
    private ImmutableArray<string> HealthcheckWords => config?.Healthcheck?.Test switch
    {
        ["CMD", .. var words] => words,
        ["CMD-SHELL", var text, ..] => [.. config.Shell ?? ["/bin/sh", "-c"], text],
        _ => [],
    };

    private void Follow(Launch launch)
    {
        if (launch.Words.IsEmpty || launch.Way.Length > DeepestLaunch || ++launches > MostLaunches)
            return;
        // 2
        var name = launch.Words[0];
        if (Search(name, launch) is not { } program)
            return;
        var here = launch with { Way = launch.Way.Add(name == program.Path ? name : $"{name} = {program.Path}") };
        switch (program.Facts)
        {
            case ScriptFile script: FollowScript(program, script, here); break; // 3
            case ElfFile elf when CheckProgram(program, elf, here, "program"): HandOver(program, here); break; // 4, 5
            case ElfFile: break;
            case PeFile or MachOFile: TellForeign(program, here, program.Facts.Machines); break;
            default: TellNoProgram(program, here); break;
        }
    }

    // 3
    private void FollowScript(Sighting script, ScriptFile facts, Launch launch)
    {
        Add(script, "script", null);
        ImmutableArray<string> words =
            [
                facts.Interpreter,
                .. facts.Argument is { } argument ? [argument] : ImmutableArray<string>.Empty,
                script.Path,
                .. launch.Words[1..],
            ];
        var line = facts.Argument is null ? facts.Interpreter : $"{facts.Interpreter} {facts.Argument}";
        if (MissingInterpreter(facts, words, launch) is { } missing)
        {
            Tell((FindingId.MissingInterpreter, Serious(launch)),
                $"{script.Path} begins with '#!{Shown(line)}', but {missing} is not in the image", launch, script,
                finding => finding with { Cause = LineEndings(line) });
            return;
        }
        if (LineEndings(line) is { } cause)
            Tell((FindingId.NotAProgram, FindingSeverity.Warning),
                $"{script.Path} begins with '#!{Shown(line)}', and its interpreter reads the carriage return as part of the argument",
                launch, script, finding => finding with { Cause = cause });
        Follow(launch.Of(words, $"#!{facts.Interpreter}"));
        if (script.Path == "/init")
            FollowServiceFolders(launch, ServicesOfInit);
        FollowRelease(script, launch);
    }

    /// <summary>
    /// The program of a <c>#!</c> line that is not there, for a message: the interpreter, or what <c>env</c> would look for.
    /// </summary>
    private string? MissingInterpreter(ScriptFile facts, ImmutableArray<string> words, Launch launch)
    {
        if (view.Find(Absolute(facts.Interpreter, launch.Folder)) is null)
            return "that program";
        return !launch.OtherPath
            && facts.Interpreter.EndsWith("/env", StringComparison.Ordinal)
            && Wrapper.Inner("env", words[1..]) is [var program, ..]
            && Candidate(program, launch) is null
            ? $"'{Shown(program)}'"
            : null;
    }

    private static Cause? LineEndings(string line) => !line.EndsWith('\r') ? null : new Cause(CauseId.LineEndings,
        "the script has Windows line endings (CR LF), so its first line includes a carriage return",
        "save the script with LF line endings, and add this line to .gitattributes: *.sh text eol=lf");

    // 5
    private void HandOver(Sighting program, Launch launch)
    {
        var name = launch.Words[0].Split('/')[^1];
        var arguments = launch.Words[1..];
        if (name == "busybox" && !arguments.IsEmpty)
            (name, arguments) = (arguments[0], arguments[1..]);
        if (Wrapper.Inner(name, arguments) is { IsEmpty: false } inner)
            Follow(launch.Of(inner, name));
        else if (IsShell(name))
            FollowShell(launch, arguments);
        else if (Loader().IsMatch(name))
            FollowLoader(launch, arguments);
        else
        {
            LookAtModules(program, launch); // 6
            FollowServices(launch); // 7
        }
    }

    private Sighting? Search(string name, Launch launch) => Usable(Candidate(name, launch), name, launch,
        name.Contains('/', StringComparison.Ordinal) ? $"'{name}' is not in the image{Dangling(name, launch.Folder)}"
            : $"'{Shown(name)}' is not in any folder of PATH ({SearchPath})");

    /// <summary>What a name leads to, as a path or by way of PATH: the first that may run, else the first.</summary>
    private Sighting? Candidate(string name, Launch launch)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            return view.Find(Absolute(name, launch.Folder));
        var candidates = name.Length == 0 ? [] : SearchPath.Split(':').Where(folder => folder.Length > 0)
            .Select(folder => view.Find(Absolute($"{folder}/{name}", launch.Folder))).OfType<Sighting>()
            .Where(found => !found.IsFolder).ToList();
        return candidates.FirstOrDefault(found => found.MayRun) ?? candidates.FirstOrDefault();
    }

    private Sighting? Usable(Sighting? found, string name, Launch launch, string missing)
    {
        if (found is { IsFolder: false, MayRun: true })
            return found;
        if (!launch.Certain || (launch.Scripted && found is null))
            return null; // a guess that leads nowhere says nothing
        if (found is null)
            Tell((FindingId.MissingEntrypoint, CannotExist(name, launch) ? FindingSeverity.Error : FindingSeverity.Warning),
                missing, launch);
        else if (found.IsFolder)
            Tell((FindingId.NotExecutable, FindingSeverity.Warning), $"'{name}' is a folder, not a program", launch, found);
        else
            Tell((FindingId.NotExecutable, FindingSeverity.Warning),
                $"{found.Path} is not executable: it has the mode 0{Convert.ToString(found.Entry.Mode, 8)}", launch, found);
        return null;
    }

    /// <summary>
    /// Whether nothing but another image can give the first program of a start: the image has none at all, or lacks the shell
    /// that a text is for.
    /// </summary>
    /// <remarks>A volume may bring a program, and ONBUILD an image that is built on this one.</remarks>
    private bool CannotExist(string name, Launch launch)
    {
        if (launch.Way.Length > 1 || config?.OnBuild is { IsDefaultOrEmpty: false })
            return false;
        var isShell = launch.Words is [_, "-c", ..] && IsShell(name.Split('/')[^1]);
        var places = name.Contains('/', StringComparison.Ordinal) ? [Absolute(name, launch.Folder)] : SearchPath.Split(':');
        var isVolume = (config?.Volumes?.Keys ?? [])
            .Any(volume => places.Any(place => $"{place.TrimEnd('/')}/".StartsWith($"{volume.TrimEnd('/')}/", StringComparison.Ordinal)));
        return !isVolume && (isShell || !view.HasPrograms);
    }

    private string Dangling(string name, string folder) =>
        view.DanglingTarget(Absolute(name, folder)) is { } target ? $": it links to '{target}', which does not exist" : "";

    private static string Absolute(string path, string folder) => path.StartsWith('/') ? path : $"{folder.TrimEnd('/')}/{path}";

    private string SearchPath => Variable(config, "PATH") ?? DefaultPath;

    // Of one name the last counts, as runtimes have it.
    internal static string? Variable(ContainerConfig? config, string name) =>
        (config?.Env ?? []).LastOrDefault(variable => variable.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    private static string Shown(string text) => text.Replace("\r", "\\r", StringComparison.Ordinal);

    // Of glibc, musl and uClibc: ld-linux-x86-64.so.2, ld64.so.1, ld.so.1, ld-musl-aarch64.so.1 …
    [GeneratedRegex(@"^ld(?:64|-[\w.-]+)?\.so(?:\.\d+)?\z")]
    private static partial Regex Loader();
}
