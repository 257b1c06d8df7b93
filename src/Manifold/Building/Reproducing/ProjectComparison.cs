using System.Collections.Immutable;
using System.IO.Enumeration;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Verification.Reproducibility;

namespace Manifold.Building.Reproducing;

/// <summary>Finds where two builds of one project part: which steps made something else, though the same was asked of them.</summary>
/// <remarks>
/// The two plans have the same steps in the same order, for they are made of the same Dockerfiles. A step whose layer differs is told; but
/// for a COPY from a stage that differs already, which can do nothing for it.
/// </remarks>
internal sealed class ProjectComparison(FreshBuild first, FreshBuild second)
{
    public async Task<ReproducibilityReport> CompareAsync(CancellationToken cancellation)
    {
        var pairs = first.Result.Components
            .Select(component => (First: component, Second: second.Result.Components.First(other => other.Name == component.Name)))
            .ToList();
        var images = pairs.Select(pair => Compare(pair.First, pair.Second)).ToList();
        var differing = images.Where(image => !image.IsSame).Select(image => image.Name).ToHashSet(StringComparer.Ordinal);
        var steps = ImmutableArray.CreateBuilder<StepDifference>();
        foreach (var (a, b) in pairs.Where(pair => differing.Contains(pair.First.Name)))
            steps.AddRange(await StepsAsync(a, b, cancellation).ConfigureAwait(false));
        return new ReproducibilityReport
        {
            First = first.Conditions,
            Second = second.Conditions,
            Steps = steps.ToImmutable(),
            Images = [.. images.Select(image => image with
            {
                Below = [.. pairs.First(pair => pair.First.Name == image.Name)
                    .First.Planned.Node.Siblings.Select(sibling => sibling.Name).Where(differing.Contains)],
            })],
            Configs = [.. pairs.Where(pair => differing.Contains(pair.First.Name)).SelectMany(pair => Configs(pair.First, pair.Second))],
        };
    }

    private static ReproducedImage Compare(ComponentResult a, ComponentResult b)
    {
        var platforms = a.Result!.Images.Concat(b.Result!.Images).Select(image => image.Platform).Distinct();
        return new ReproducedImage(a.Name, a.Result.Index.Digest, b.Result.Index.Digest,
            [.. platforms.Select(
                platform => new ReproducedPlatform(platform, Find(a, platform)?.Manifest.Digest, Find(b, platform)?.Manifest.Digest))]);
    }

    private static BuiltImage? Find(ComponentResult component, Platform platform) =>
        component.Result!.Images.FirstOrDefault(image => image.Platform == platform);

    /// <summary>A step in both plans.</summary>
    private sealed record Pair(Platform Platform, Step First, Step Second, bool StandsOnDifferences);

    private async Task<IEnumerable<StepDifference>> StepsAsync(ComponentResult a, ComponentResult b, CancellationToken cancellation)
    {
        var differences = new List<StepDifference>();
        var comparison = new LayerComparison(first.Conditions, second.Conditions, a.Result!.Plan.FileTime);
        var (left, right) = (first.OpenLayers(a.Result.Plan.FileTime), second.OpenLayers(a.Result.Plan.FileTime));
        foreach (var pair in Pairs(a, b))
        {
            var (x, y) = (first.LayerOf(a.Name, pair.First), second.LayerOf(b.Name, pair.Second));
            var told = new StepDifference(a.Name, [pair.Platform], pair.First.Name, $"{pair.First.Place.File}:{pair.First.Place.Line}")
            {
                StandsOnDifferences = pair.StandsOnDifferences,
            };
            try
            {
                var (files, count) = await comparison.CompareAsync(x is { } made ? new MadeLayer(left, made) : null,
                    y is { } again ? new MadeLayer(right, again) : null, cancellation).ConfigureAwait(false);
                told = told with
                {
                    Files = [.. files.Select(file => file with { Hook = HookOf(a, pair.First, file.Path) })],
                    More = count
                        - files.Length,
                };
            }
            catch (ContentMismatchException)
            {
                told = told with { Files = null };
            }
            differences.Add(told);
        }
        return Joined(differences);
    }

    /// <summary>The steps whose layers differ, platform by platform; a step that several platforms share is told once.</summary>
    private IEnumerable<Pair> Pairs(ComponentResult a, ComponentResult b)
    {
        var seen = new HashSet<Digest>();
        foreach (var image in a.Result!.Plan.Images)
        {
            var (left, right) = (image.Steps.ToList(),
                b.Result!.Plan.Images.FirstOrDefault(other => other.Platform == image.Platform)?.Steps.ToList() ?? []);
            var differing = new HashSet<Digest>();
            foreach (var (x, y) in left.Zip(right))
            {
                var (parent, source) = (x.Parent is { } below && differing.Contains(below.Digest),
                    x.ReadsFrom.Any(from => differing.Contains(from.Digest)));
                var own = x is BaseStep ground
                    ? ground.Image?.Descriptor.Digest != (y as BaseStep)?.Image?.Descriptor.Digest
                    : first.LayerOf(a.Name, x) != second.LayerOf(b.Name, y);
                if (own || parent)
                    differing.Add(x.Digest);
                if (own && x is not BaseStep && !source && seen.Add(x.Digest))
                    yield return new Pair(image.Platform, x, y, parent && x is RunStep);
            }
        }
    }

    /// <summary>The same instruction with the same files on several platforms is told once.</summary>
    private static IEnumerable<StepDifference> Joined(List<StepDifference> differences) => differences
        .GroupBy(
            step => (step.Place, step.Name, Files: string.Join('\n', step.Files?.Select(file => $"{file.Path} {file.Cause.Kind}") ?? [])))
        .Select(group => group.First() with { Platforms = [.. group.SelectMany(step => step.Platforms).Distinct()] });

    /// <summary>The hook that says it makes a file of this name, where a COPY from the context brought it.</summary>
    private static string? HookOf(ComponentResult component, Step step, string path)
    {
        if (step is not CopyStep { From: null })
            return null;
        var hook = component.Component.Before.FirstOrDefault(hook => hook.Outputs.Any(output =>
            FileSystemName.MatchesSimpleExpression(Path.GetFileName(output.TrimEnd('/')), Path.GetFileName(path), ignoreCase: false)));
        if (hook is null)
            return null;
        var command = hook.Command is ["sh" or "/bin/sh", "-c", var script] ? script : string.Join(' ', hook.Command);
        return $"{command} ({hook.Place.File}:{hook.Place.Line})";
    }

    private IEnumerable<ConfigDifference> Configs(ComponentResult a, ComponentResult b)
    {
        foreach (var x in a.Result!.Images)
        {
            if (Find(b, x.Platform) is not { } y || x.Manifest.Digest == y.Manifest.Digest)
                continue;
            foreach (var (path, before, after, cause) in DocumentComparison.Compare(x.Config.ToJson(),
                y.Config.ToJson(), "rootfs.diff_ids"))
                yield return new ConfigDifference(a.Name, x.Platform, path, before, after, cause);
            foreach (var (path, before, after, cause) in DocumentComparison.Compare(first.Store.ReadDocument(x.Manifest.Digest),
                second.Store.ReadDocument(y.Manifest.Digest), "config.", "layers["))
                yield return new ConfigDifference(a.Name, x.Platform, path, before, after, cause);
        }
        foreach (var (path, before, after, cause) in DocumentComparison.Compare(first.Store.ReadDocument(a.Result.Index.Digest),
            second.Store.ReadDocument(b.Result!.Index.Digest), "manifests["))
            yield return new ConfigDifference(a.Name, null, path, before, after, cause);
    }
}
