using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>UnameInCrossStage, GoBuildWithoutGoarch: stages on the build machine's platform that make something for another.</summary>
/// <remarks>What no stage for the target takes is a tool of the build, and right for the machine that builds.</remarks>
internal static partial class CrossStages
{
    public static void Check(TextFindings findings)
    {
        if (ArchitectureNames.NamesOneMachine(findings.Tree.FileName))
            return;
        findings.Chains.Walk(Seen.Nothing, (seen, stage) =>
        {
            var isChecked = findings.Chains.IsOnBuildPlatform(stage) && !findings.Chains.IsForOne(stage);
            var moves = isChecked && stage.Instructions.OfType<RunInstruction>().Any(run => Moves().IsMatch(CommandText.Of(run)));
            foreach (var instruction in stage.Instructions)
            {
                seen = seen.With(instruction) with { Moves = moves };
                if (isChecked && instruction is RunInstruction run)
                    Check(findings, stage, run, seen);
            }
            return seen;
        });
    }

    private static void Check(TextFindings findings, Stage stage, RunInstruction run, Seen seen)
    {
        var text = CommandText.Of(run);
        if (Machine().Match(text) is { Success: true } asked && !KnowsBoth().IsMatch(text) && findings.Results.ReachTarget(stage, null))
            findings.Add(Rules.UnameInCrossStage, run,
                $"'{asked.Value}' returns the architecture of the build machine, because this stage runs on $BUILDPLATFORM",
                "For the target architecture, declare ARG TARGETARCH (or TARGETUNAME: x86_64, aarch64 …). For tools that run in this "
                    + "stage, declare ARG BUILDARCH.",
                asked.Value);
        if (GoBuild().IsMatch(text) && !seen.KnowsTarget && ProgramsOf(text, seen).Any(path => findings.Results.ReachTarget(stage, path)))
            findings.Add(Rules.GoBuildWithoutGoarch, run,
                "'go build' compiles for the build machine, because this stage runs on $BUILDPLATFORM",
                "Write ARG TARGETOS TARGETARCH, then RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build …", "go build");
    }

    /// <summary>Where the programs of a command go; null for one that may be anywhere.</summary>
    private static IEnumerable<string?> ProgramsOf(string text, Seen seen)
    {
        if (seen.Moves)
            return [null];
        var folder = Moved().IsMatch(text) ? null : seen.Folder;
        return GoBuild().Matches(text).Select(match => Output().Match(text, match.Index)).Select(output =>
        {
            var path = output.Groups[1].Value.Trim('"', '\'');
            if (!output.Success || path.AsSpan().IndexOfAny('$', '`') >= 0)
                return null;
            if (path.StartsWith('/'))
                return path.TrimEnd('/');
            if (folder is null)
                return null;
            var relative = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
            return Below(folder, relative).TrimEnd('.').TrimEnd('/');
        });
    }

    private static string Below(string folder, string path) => $"{folder.TrimEnd('/')}/{path}";

    /// <summary>What the instructions before a command say of it.</summary>
    /// <param name="Folder">The working directory; null where it is not known.</param>
    private sealed record Seen(bool KnowsTarget, string? Folder)
    {
        /// <summary>A command of the stage moves or copies files: what was made may be anywhere.</summary>
        public bool Moves { get; init; }

        public static Seen Nothing { get; } = new(false, null);

        public Seen With(Instruction instruction) => instruction switch
        {
            EnvInstruction env => this with { KnowsTarget = KnowsTarget || env.Pairs.Any(pair => pair.Key == "GOARCH") },
            ArgInstruction arg => this with { KnowsTarget = KnowsTarget || arg.Arguments.Any(argument => argument.Name == "GOARCH") },
            RunInstruction run => this with { KnowsTarget = KnowsTarget || TellsTarget().IsMatch(CommandText.Of(run)) },
            WorkdirInstruction workdir when workdir.Path.Contains('$', StringComparison.Ordinal) => this with { Folder = null },
            WorkdirInstruction workdir when workdir.Path.StartsWith('/') => this with { Folder = workdir.Path },
            WorkdirInstruction workdir => this with { Folder = Folder is null ? null : Below(Folder, workdir.Path) },
            _ => this,
        };
    }

    [GeneratedRegex(
        @"\buname (?:-m|-p|-a|-i|--machine)\b|\$\(arch\)|`arch`|\bdpkg --print-architecture\b|\bapk --print-arch\b|\brpm --eval '?""?%\{?_arch|\bgo env GOARCH\b")]
    private static partial Regex Machine();

    /// <summary>A command that names an argument of the platforms knows that there are two.</summary>
    [GeneratedRegex(@"\$\{?(?:TARGET|BUILD)(?:ARCH|PLATFORM|UNAME|DEBARCH|RPMARCH|TRIPLE)")]
    private static partial Regex KnowsBoth();

    /// <summary>GOARCH is given, or go is replaced by a program that gives it.</summary>
    [GeneratedRegex(@"GOARCH=|\bxx-go --wrap\b")]
    private static partial Regex TellsTarget();

    [GeneratedRegex(@"(?<![\w-])go build\b")]
    private static partial Regex GoBuild();

    /// <summary>The flag -o of the command that begins where the search does.</summary>
    [GeneratedRegex(@"\Ggo build\b[^\n;|&]{0,1000}?\s-o[ =]\s*([^\s;|&]+)")]
    private static partial Regex Output();

    [GeneratedRegex(@"(?:^|[\n;|&(])\s*(?:mv|cp|install|ln|upx|rsync|tar)\s")]
    private static partial Regex Moves();

    [GeneratedRegex(@"(?<![\w./-])(?:cd|pushd)\s|\s-C[ =]")]
    private static partial Regex Moved();
}
