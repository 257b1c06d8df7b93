using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Dockerfile.Checks;

/// <summary>How the stages of a file stand on each other, as far as the text says it. Costs one pass over the stages.</summary>
internal sealed partial class StageChains
{
    private readonly DockerfileTree tree;
    private readonly Stage?[] below, likely;
    private readonly string?[] platforms;
    private readonly bool[] windows, forOne;

    public StageChains(DockerfileTree tree)
    {
        this.tree = tree;
        (below, likely, platforms) = (new Stage?[tree.Stages.Length], new Stage?[tree.Stages.Length], new string?[tree.Stages.Length]);
        (windows, forOne) = (new bool[tree.Stages.Length], new bool[tree.Stages.Length]);
        var named = new Dictionary<string, Stage>(StringComparer.OrdinalIgnoreCase);
        var arguments = Defaults(tree);
        foreach (var stage in tree.Stages)
        {
            var image = Expand(stage.From.Image);
            var under = below[stage.Index] = named.GetValueOrDefault(stage.From.Image) ?? named.GetValueOrDefault(image);
            likely[stage.Index] = under ?? (stage.From.Image.Contains('$', StringComparison.Ordinal)
                ? Meant(tree, stage.From.Image).FirstOrDefault(each => each.Index < stage.Index) : null);
            platforms[stage.Index] = stage.From.Platform is { } platform ? Expand(platform) : under is null ? null : platforms[under.Index];
            windows[stage.Index] = IsWindows(stage, image) || (under is not null && windows[under.Index]);
            forOne[stage.Index] = HasFixedPlatform(stage) || windows[stage.Index] || (under is not null && forOne[under.Index])
                || ArchitectureNames.IsImageForOne(stage.Name ?? "")
                || ArchitectureNames.IsImageForOne(IsVariable(stage.From.Image) ? image : stage.From.Image);
            if (stage.Name is { } name)
                named[name] = stage;
        }

        string Expand(string word) => word.Contains('$', StringComparison.Ordinal)
            ? Expansion.Expand(word, arguments.GetValueOrDefault, tree.Escape).Text
            : word;
    }

    /// <summary>A stage, the stage that it stands on, and so on down to an image.</summary>
    public IEnumerable<Stage> Of(Stage stage)
    {
        for (var each = stage; each is not null; each = below[each.Index])
            yield return each;
    }

    /// <summary>The image, or the word in its place, that a stage stands on in the end.</summary>
    public string BaseOf(Stage stage) => Of(stage).Last().From.Image;

    /// <summary>
    /// The stages that a name means; of a name with a variable, all that it may mean. None in a file that is refused
    /// for the number of its stages.
    /// </summary>
    public static IEnumerable<Stage> Meant(DockerfileTree tree, string name) => name.IndexOf('$', StringComparison.Ordinal) switch
    {
        _ when tree.Stages.Length > Limits.DockerfileStages => [],
        < 0 => tree.Find(name) is { } stage ? [stage] : [],
        0 => [],
        var at => tree.Stages.Where(stage => stage.Name?.StartsWith(name[..at], StringComparison.OrdinalIgnoreCase) == true),
    };

    /// <summary>
    /// Goes through all stages; each begins with what the one that it stands on has ended with. Where a variable
    /// chooses that one, any will do.
    /// </summary>
    public void Walk<T>(T empty, Func<T, Stage, T> through)
    {
        var ends = new T[tree.Stages.Length];
        foreach (var stage in tree.Stages)
            ends[stage.Index] = through(likely[stage.Index] is { } under ? ends[under.Index] : empty, stage);
    }

    /// <summary>True for <c>FROM --platform=$BUILDPLATFORM</c> and what stands on it.</summary>
    public bool IsOnBuildPlatform(Stage stage) => platforms[stage.Index] is { } platform
        && BuildPlatform().IsMatch(platform) && !platform.Contains("TARGET", StringComparison.Ordinal);

    /// <summary>True where the stage is built for one platform, whatever is asked for.</summary>
    public bool HasFixedPlatform(Stage stage) => platforms[stage.Index] is { } platform && Platform.TryParse(platform, out _);

    /// <summary>
    /// True for a stage that is meant for one platform:
    /// by its flag, by its name or its base's, or because it is on Windows.
    /// </summary>
    public bool IsForOne(Stage stage) => forOne[stage.Index];

    /// <summary>True for a stage on a Windows base, where everything is for the one processor that Windows images have.</summary>
    public bool IsOnWindows(Stage stage) => windows[stage.Index];

    private bool IsWindows(Stage stage, string image) => tree.Escape == '`' || ArchitectureNames.IsWindows(image)
        || (platforms[stage.Index] is { } platform && platform.StartsWith("windows", StringComparison.OrdinalIgnoreCase))
        || stage.Instructions.OfType<ShellInstruction>().Any(shell => shell.Words is [var program, ..] && WindowsShell().IsMatch(program));

    private static bool IsVariable(string word) => OneVariable().IsMatch(word);

    /// <summary>The global arguments as they are if nobody gives a value; those of the platforms stay variables.</summary>
    private static Dictionary<string, string> Defaults(DockerfileTree tree)
    {
        var values = PlatformArguments.Names.Concat(PlatformArguments.Spellings)
            .ToDictionary(name => name, name => "$" + name, StringComparer.Ordinal);
        foreach (var argument in tree.GlobalArguments.SelectMany(arg => arg.Arguments))
            if (argument.Default is { } text && !PlatformArguments.IsAutomatic(argument.Name))
                values[argument.Name] = Expansion.Expand(text, values.GetValueOrDefault, tree.Escape).Text;
        return values;
    }

    [GeneratedRegex(@"^\$(?:\w+|\{\w+\})\z")]
    private static partial Regex OneVariable();

    [GeneratedRegex(@"\$\{?BUILD(PLATFORM|OS|ARCH)")]
    private static partial Regex BuildPlatform();

    [GeneratedRegex(@"^(?:powershell|cmd)(?:\.exe)?\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex WindowsShell();
}
