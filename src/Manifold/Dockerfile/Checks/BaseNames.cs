using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Dockerfile.Checks;

/// <summary>UndefinedArgInFrom, InvalidDefaultArgInFrom, ArchPrefixedRepository.</summary>
internal static partial class BaseNames
{
    public static void Check(TextFindings findings)
    {
        var defaults = Defaults(findings.Tree);
        var declared = findings.Tree.GlobalArguments.SelectMany(arg => arg.Arguments).Select(argument => argument.Name)
            .Concat(PlatformArguments.Names).Concat(PlatformArguments.Spellings).Append(PlatformArguments.Stage).ToImmutableHashSet();
        foreach (var stage in findings.Tree.Stages)
        {
            CheckDeclared(findings, stage.From, declared);
            CheckDefault(findings, stage.From, defaults);
        }
        CheckRepositories(findings);
    }

    /// <summary>
    /// Files and stages that are for one architecture by their name are meant to stand on it, and a file with bases
    /// of several has them all.
    /// </summary>
    private static void CheckRepositories(TextFindings findings)
    {
        if (ArchitectureNames.NamesOneMachine(findings.Tree.FileName))
            return;
        var found =
            from instruction in findings.Tree.Instructions
            from named in Images(instruction)
            let match = Prefixed().Match(named.Image)
            where match.Success && findings.Tree.Find(named.Image) is null && !IsStageForOne(instruction)
            select (instruction, named.Image, Architecture: match.Groups["arch"].Value, Plain: match.Groups["rest"].Value);
        var all = found.ToList();
        if (all.DistinctBy(each => each.Architecture).Count() > 1)
            return;
        foreach (var (instruction, image, architecture, plain) in all)
            findings.Add(Rules.ArchPrefixedRepository, instruction, $"'{image}' contains images for one architecture only ({architecture})",
                $"Use {plain}, which has images for all architectures.", image);
    }

    private static bool IsStageForOne(Instruction instruction) =>
        instruction is FromInstruction { StageName: { } name } && ArchitectureNames.IsImageForOne(name);

    /// <summary>Whether what a FROM names is an image or a stage, with values that are given for arguments before it.</summary>
    public static bool IsNamed(DockerfileTree tree, FromInstruction from, IReadOnlyDictionary<string, string> given) =>
        Expansion.Expand(from.Image, Defaults(tree, given).GetValueOrDefault, tree.Escape) is { Error: null } expanded
            && (ImageReference.TryParse(expanded.Text, out _) || tree.FindByName(expanded.Text) is not null);

    /// <summary>The global arguments as they are if nobody gives a value; the platform is any.</summary>
    internal static Dictionary<string, string> Defaults(DockerfileTree tree, IReadOnlyDictionary<string, string>? given = null)
    {
        var values = PlatformArguments.Names.Concat(PlatformArguments.Spellings)
            .ToDictionary(name => name, name => name.EndsWith("PLATFORM", StringComparison.Ordinal) ? "linux/amd64" : "amd64");
        foreach (var argument in tree.GlobalArguments.SelectMany(arg => arg.Arguments))
            if (given?.GetValueOrDefault(argument.Name) is { } value)
                values[argument.Name] = value;
            else if (argument.Default is not null)
                values[argument.Name] = Expansion.Expand(argument.Default, values.GetValueOrDefault, tree.Escape).Text;
        return values;
    }

    private static void CheckDeclared(TextFindings findings, FromInstruction from, ImmutableHashSet<string> declared)
    {
        foreach (var name in new[] { from.Platform, from.Image }.OfType<string>()
            .SelectMany(word => Expansion.Expand(word, _ => null, findings.Tree.Escape).Unset).Distinct())
            if (!declared.Contains(name))
                findings.Add(Rules.UndefinedArgInFrom,
                    from, $"FROM uses the argument '{name}', which is not declared before the first FROM",
                    Suggestion.For(name, declared) ?? $"Write ARG {name}=… before the first FROM.", name);
    }

    private static void CheckDefault(TextFindings findings, FromInstruction from, Dictionary<string, string> defaults)
    {
        if (!from.Image.Contains('$', StringComparison.Ordinal))
            return;
        var expanded = Expansion.Expand(from.Image, defaults.GetValueOrDefault, findings.Tree.Escape);
        if (expanded.Error is null && !ImageReference.TryParse(expanded.Text, out _) && findings.Tree.FindByName(expanded.Text) is null)
            findings.Add(Rules.InvalidDefaultArgInFrom, from,
                $"without --build-arg, the base '{from.Image}' becomes '{expanded.Text}', which is not an image name",
                "Give the ARG a default that makes a valid image name.", from.Image);
    }

    private static IEnumerable<(Instruction Instruction, string Image)> Images(Instruction instruction) => instruction switch
    {
        FromInstruction from => [(from, from.Image)],
        CopyInstruction { From: { } image } => [(instruction, image)],
        RunInstruction run => run.Mounts.Select(mount => mount.From).OfType<string>().Select(image => (instruction, image)),
        _ => [],
    };

    /// <summary>The organisations under which Docker Hub has its official images by architecture.</summary>
    [GeneratedRegex("^(?:(?:docker\\.io|index\\.docker\\.io|registry\\.hub\\.docker\\.com)/)?(?<arch>amd64|"
        + "arm32v5|arm32v6|arm32v7|arm64v8|i386|mips64le|ppc64le|riscv64|s390x)/(?<rest>[^/]+)$")]
    private static partial Regex Prefixed();
}
