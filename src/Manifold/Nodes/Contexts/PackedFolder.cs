using Manifold.Dockerfile;
using Manifold.Planning;

namespace Manifold.Nodes.Contexts;

/// <summary>A folder of this machine that steps read: the build context, or a named context.</summary>
/// <param name="Path">Where the folder is.</param>
/// <param name="Rules">The rules that leave out files.</param>
/// <param name="Name">What people call the folder.</param>
/// <param name="Source">The named context; null is the build context itself.</param>
internal sealed record PackedFolder(string Path, IgnoreRules Rules, string Name, FolderSource? Source = null)
{
    /// <summary>The build context of a request.</summary>
    public static PackedFolder OfContext(BuildRequest request) =>
        new(request.ContextFolder, BuildFiles.IgnoreRulesOf(request), request.ContextName);

    /// <summary>A named context.</summary>
    public static PackedFolder Of(FolderSource source) => new(source.Path, BuildFiles.IgnoreRulesOf(source), source.Name, source);

    /// <summary>The named contexts that steps read, each once. The build context itself is not among them.</summary>
    public static IEnumerable<FolderSource> NamedIn(IEnumerable<Step> steps) =>
        steps.SelectMany(step => step switch
        {
            CopyStep { From: null, Folder: { } folder } => [folder],
            RunStep run => run.Mounts.Where(mount => mount.ShowsFolder).Select(mount => mount.Folder).OfType<FolderSource>(),
            _ => Enumerable.Empty<FolderSource>(),
        }).Distinct();

    /// <summary>The steps that copy from this folder.</summary>
    internal IEnumerable<CopyStep> Copies(IEnumerable<Step> steps) =>
        steps.OfType<CopyStep>().Where(step => step.From is null && step.Folder == Source && !step.Sources.IsEmpty);

    /// <summary>The mounts that show some of this folder.</summary>
    internal IEnumerable<(RunStep Step, string Shown)> Mounts(IEnumerable<Step> steps) =>
        from step in steps.OfType<RunStep>()
        from mount in step.Mounts
        where mount.ShowsFolder && mount.Folder == Source
        select (step, mount.Source);
}
