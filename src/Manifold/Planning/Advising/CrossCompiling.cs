using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Planning.Advising;

/// <summary>Advises to cross-compile where a compiler runs emulated. Pure.</summary>
/// <remarks>
/// Only for a stage that other stages copy files from. Such a stage may run on the build machine's platform, because only its files are
/// used. A RUN that changes the image's own file system must run on the image's platform.
/// </remarks>
internal static class CrossCompiling
{
    private const int LongestCommand = 100;

    public static IEnumerable<BuildAdvice> Of(BuildPlan plan, Func<RunStep, bool> isEmulated)
    {
        var steps = plan.Steps.ToList();
        var copied = Copied(steps);
        var kept = plan.Images.SelectMany(image => image.Last.Lineage).Select(step => step.Digest).ToHashSet();
        return steps.OfType<RunStep>().Where(run => copied.Contains(run.Digest) && !kept.Contains(run.Digest) && isEmulated(run))
            .GroupBy(run => run.Place).Select(same => Advice(plan, [.. same])).OfType<BuildAdvice>();
    }

    /// <summary>The steps whose files another stage copies.</summary>
    private static HashSet<Digest> Copied(List<Step> steps) =>
        [.. steps.SelectMany(step => step.ReadsFrom).SelectMany(source => source.Lineage).Select(step => step.Digest)];

    private static BuildAdvice? Advice(BuildPlan plan, List<RunStep> runs)
    {
        var run = runs[0];
        if (run.Lineage.First() is not BaseStep { Image.Reference: { } image }
            || Toolchains.Find(ScriptOf(run), image.Name) is not (var toolchain, var command))
            return null;
        var platforms = string.Join(", ", runs.Select(each => each.Platform).Distinct());
        var hasMusl = image.Tag?.Contains("alpine", StringComparison.Ordinal) is true;
        var lines = Toolchains.Lines(toolchain, command, plan.Images.Select(each => each.Platform), hasMusl);
        var message = $"{run.Place.File}:{run.Line}: '{Cells.Cut(command.Text, LongestCommand)}' runs under emulation for {platforms}. "
            + $"{Toolchains.Name(toolchain)} can cross-compile, which is faster. Write:";
        return new BuildAdvice(AdviceKind.CrossCompile, message)
        {
            Lines = [$"FROM --platform=$BUILDPLATFORM {Written(image)}{(IsNamed(run.Stage) ? $" AS {run.Stage}" : "")}", .. lines],
        };
    }

    /// <summary>The script that a shell runs, else the words of the command.</summary>
    private static string ScriptOf(RunStep run) => run.Script?.Content
        ?? (run.Arguments is [.., "-c" or "-ec" or "-ce" or "-exc" or "-euxc", var script] ? script : string.Join(' ', run.Arguments));

    /// <summary>An unnamed stage is <c>stage-N</c> for people only.</summary>
    private static bool IsNamed(string stage) => stage.Length > 0 && !stage.StartsWith("stage-", StringComparison.Ordinal);

    private static string Written(ImageReference image) =>
        image.ShortName is { } name && image.Digest is null ? $"{name}:{image.Tag}" : image.ToString();
}
