using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>How the stages of a file stand on each other, as far as the text says it. Costs one pass over the stages.</summary>
internal sealed partial class StageChains
{
    private readonly DockerfileTree tree;
    private readonly Stage?[] below;
    private readonly string?[] platforms;

    public StageChains(DockerfileTree tree)
    {
        this.tree = tree;
        (below, platforms) = (new Stage?[tree.Stages.Length], new string?[tree.Stages.Length]);
        var named = new Dictionary<string, Stage>(StringComparer.OrdinalIgnoreCase);
        foreach (var stage in tree.Stages)
        {
            below[stage.Index] = named.GetValueOrDefault(stage.From.Image);
            platforms[stage.Index] = stage.From.Platform ?? (below[stage.Index] is { } under ? platforms[under.Index] : null);
            if (stage.Name is { } name)
                named[name] = stage;
        }
    }

    /// <summary>A stage, the stage that it stands on, and so on down to an image.</summary>
    public IEnumerable<Stage> Of(Stage stage)
    {
        for (var each = stage; each is not null; each = below[each.Index])
            yield return each;
    }

    /// <summary>Goes through all stages; each begins with what the one that it stands on has ended with.</summary>
    public void Walk<T>(T empty, Func<T, Stage, T> through)
    {
        var ends = new T[tree.Stages.Length];
        foreach (var stage in tree.Stages)
            ends[stage.Index] = through(below[stage.Index] is { } under ? ends[under.Index] : empty, stage);
    }

    /// <summary>True for <c>FROM --platform=$BUILDPLATFORM</c> and what stands on it.</summary>
    public bool IsOnBuildPlatform(Stage stage) => platforms[stage.Index] is { } platform && BuildPlatform().IsMatch(platform);

    /// <summary>True where the stage is built for one platform, whatever is asked for.</summary>
    public bool HasFixedPlatform(Stage stage) => platforms[stage.Index] is { } platform && !platform.Contains('$', StringComparison.Ordinal);

    [GeneratedRegex(@"\$\{?BUILD(PLATFORM|OS|ARCH)")]
    private static partial Regex BuildPlatform();
}
