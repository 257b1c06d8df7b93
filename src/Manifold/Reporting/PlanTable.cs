using System.Globalization;
using Manifold.Nodes;
using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Sandbox;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>A plan as text: the base images, how each platform is built, and the publication targets.</summary>
internal static class PlanTable
{
    /// <param name="pool">The machines that build; null if this one builds alone.</param>
    public static async Task<string> RenderAsync(
        BuildPlan plan, Preflight? preflight, Emulators emulators, NodePool? pool = null, int? width = null)
    {
        var tables = new List<string>();
        if (plan.Bases.Any())
            tables.Add(BuildTable.Columns([["IMAGE", "PLATFORM", "DIGEST", "SIZE", "FROM"], .. plan.Bases.Select(image => new[]
            {
                image.FoundAs.ToString(), image.Platform.ToString(), image.Origin is BaseOrigin.Sibling ? "-"
                    : image.Descriptor.Digest.ToString(),
                image.Origin is BaseOrigin.Sibling ? "-" : Amounts.Bytes(image.CompressedBytes),
                image.From,
            })], width));
        var ways = new List<string[]> { new[] { "PLATFORM", "STEPS", "RUN", "HOW" } };
        foreach (var image in plan.Images)
            ways.Add(await WayAsync(image, emulators, pool).ConfigureAwait(false));
        tables.Add(BuildTable.Columns(ways, width));
        if (preflight is not null)
            tables.Add(BuildTable.Columns([["TARGET", "REGISTRY", "CURRENT TAG", "REMOVES"], .. Targets(preflight)], width));
        return string.Join('\n', tables);
    }

    /// <summary>How one platform's steps run: natively, emulated, or on this machine's platform for another one (cross).</summary>
    private static async Task<string[]> WayAsync(ImagePlan image, Emulators emulators, NodePool? pool)
    {
        var steps = image.Steps.Where(step => step is not BaseStep).ToList();
        var runs = steps.OfType<RunStep>().ToList();
        if (pool is not null)
            return [image.Platform.ToString(), Text(steps.Count), Text(runs.Count), WayAmong(pool, image, runs)];
        var ways = new List<string>();
        foreach (var platform in runs.GroupBy(run => run.Platform))
        {
            var emulation = await emulators.ForAsync(platform.Key).ConfigureAwait(false);
            var way = emulation.Kind switch
            {
                EmulationKind.Native when platform.Key != image.Platform => $"cross (on {platform.Key})",
                EmulationKind.Native => "native",
                EmulationKind.Emulated => $"emulated ({emulation.Handler})",
                _ => $"cannot run here: {emulation.Problem}",
            };
            ways.Add(runs.Count == platform.Count() ? way : $"{platform.Count()} {way}");
        }
        return [image.Platform.ToString(), Text(steps.Count), Text(runs.Count), ways.Count == 0 ? "no RUN" : string.Join(", ", ways)];
    }

    /// <summary>The machines that a platform may be built on, and the reason.</summary>
    private static string WayAmong(NodePool pool, ImagePlan image, IReadOnlyCollection<RunStep> runs)
    {
        try
        {
            var choice = pool.Choose(NodeHost.RunsOf(runs));
            var names = string.Join(" or ", choice.Candidates.Select(machine => machine.IsLocal ? "this machine" : machine.Name));
            var isCross = choice.Why == Placement.Native && runs.All(run => run.Platform != image.Platform);
            return $"{(isCross ? $"cross (on {runs.First().Platform})" : choice.Why)}, on {names}";
        }
        catch (HostNotReadyException)
        {
            return "no machine can run it";
        }
    }

    private static IEnumerable<string[]> Targets(Preflight preflight)
    {
        foreach (var repository in preflight.Repositories)
        {
            foreach (var target in preflight.Tags.Where(tag => tag.Tag.Name == repository.Name))
                yield return [target.Tag.ToString(),
                    Answer(repository), Now(target.Now), target.Losing.IsEmpty ? "-" : string.Join(',', target.Losing)];
            if (preflight.Request.WithoutTags)
                yield return [repository.Name, Answer(repository), "digest only", "-"];
        }
    }

    private static string Answer(RepositoryState repository)
    {
        var words = new List<string> { repository.Exists switch { false => "push allowed, new repository", _ => "push allowed" } };
        if (repository.AcceptsIndex is true)
            words.Add("accepts indexes");
        if (repository.AcceptsZstd is true)
            words.Add("accepts zstd");
        words.Add(repository.HasReferrersApi switch
        {
            true => "has a referrers API",
            false => "no referrers API",
            null =>
                "referrers API unknown",
        });
        return string.Join(", ", words);
    }

    private static string Now(TagState? now) => now is null ? "none" : $"{string.Join(',', now.Platforms)} {now.Digest}".Trim();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
