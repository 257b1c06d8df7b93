using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Dockerfile.Checks;

/// <summary>How the stages of a file stand on each other, as far as the text says it. Costs one pass over the stages.</summary>
internal sealed partial class StageChains
{
    private readonly DockerfileTree tree;
    private readonly Stage?[] below;
    private readonly string?[] platforms;
    private readonly bool[] windows;

    public StageChains(DockerfileTree tree)
    {
        this.tree = tree;
        (below, platforms, windows) = (new Stage?[tree.Stages.Length], new string?[tree.Stages.Length], new bool[tree.Stages.Length]);
        var named = new Dictionary<string, Stage>(StringComparer.OrdinalIgnoreCase);
        var arguments = Defaults(tree);
        foreach (var stage in tree.Stages)
        {
            var image = Expand(stage.From.Image);
            var under = below[stage.Index] = named.GetValueOrDefault(stage.From.Image) ?? named.GetValueOrDefault(image);
            platforms[stage.Index] = stage.From.Platform is { } platform ? Expand(platform) : under is null ? null : platforms[under.Index];
            windows[stage.Index] = IsWindows(stage, image) || (under is not null && windows[under.Index]);
            if (stage.Name is { } name)
                named[name] = stage;
        }

        string Expand(string word) => word.Contains('$', StringComparison.Ordinal) ? Expansion.Expand(word, arguments.GetValueOrDefault, tree.Escape).Text : word;
    }

    /// <summary>A stage, the stage that it stands on, and so on down to an image.</summary>
    public IEnumerable<Stage> Of(Stage stage)
    {
        for (var each = stage; each is not null; each = below[each.Index])
            yield return each;
    }

    /// <summary>The stages that stand right on one.</summary>
    public IEnumerable<Stage> Above(Stage stage) => tree.Stages.Where(each => ReferenceEquals(below[each.Index], stage));

    /// <summary>Goes through all stages; each begins with what the one that it stands on has ended with.</summary>
    public void Walk<T>(T empty, Func<T, Stage, T> through)
    {
        var ends = new T[tree.Stages.Length];
        foreach (var stage in tree.Stages)
            ends[stage.Index] = through(below[stage.Index] is { } under ? ends[under.Index] : empty, stage);
    }

    /// <summary>True for <c>FROM --platform=$BUILDPLATFORM</c> and what stands on it.</summary>
    public bool IsOnBuildPlatform(Stage stage) => platforms[stage.Index] is { } platform && BuildPlatform().IsMatch(platform) && !platform.Contains("TARGET", StringComparison.Ordinal);

    /// <summary>True where the stage is built for one platform, whatever is asked for.</summary>
    public bool HasFixedPlatform(Stage stage) => platforms[stage.Index] is { } platform && Platform.TryParse(platform, out _);

    /// <summary>True for a stage on a Windows base, where everything is for the one processor that Windows images have.</summary>
    public bool IsOnWindows(Stage stage) => windows[stage.Index];

    private bool IsWindows(Stage stage, string image) => tree.Escape == '`' || ArchitectureNames.IsWindows(image)
        || (platforms[stage.Index] is { } platform && platform.StartsWith("windows", StringComparison.OrdinalIgnoreCase))
        || stage.Instructions.OfType<ShellInstruction>().Any(shell => shell.Words is [var program, ..] && WindowsShell().IsMatch(program));

    /// <summary>The global arguments as they are if nobody gives a value; those of the platforms stay variables.</summary>
    private static Dictionary<string, string> Defaults(DockerfileTree tree)
    {
        var values = PlatformArguments.Names.Concat(PlatformArguments.Spellings).ToDictionary(name => name, name => "$" + name, StringComparer.Ordinal);
        foreach (var argument in tree.GlobalArguments.SelectMany(arg => arg.Arguments))
            if (argument.Default is { } text && !PlatformArguments.IsAutomatic(argument.Name))
                values[argument.Name] = Expansion.Expand(text, values.GetValueOrDefault, tree.Escape).Text;
        return values;
    }

    [GeneratedRegex(@"\$\{?BUILD(PLATFORM|OS|ARCH)")]
    private static partial Regex BuildPlatform();

    [GeneratedRegex(@"^(?:powershell|cmd)(?:\.exe)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex WindowsShell();
}
