using Manifold.Oci;
using Manifold.Verification.Binaries;
using Manifold.Verification.Findings;

namespace Manifold.Verification.Starting;

/// <summary>The programs in the folders of PATH of an image that has no start of its own: a base for others, or data.</summary>
/// <remarks>
/// Whoever builds on it, or names a program when running it, takes one of these. Where not a single one is for the platform,
/// no command of it can run. Left out are programs that are expected to be for another machine (<see cref="KnownPlaces"/>)
/// and those that the policy lets pass.
/// </remarks>
internal sealed class PathPrograms(ImageView view, ContainerConfig? config, Platform platform, Func<string, bool> isAllowed)
{
    private readonly List<(Sighting File, ElfFile Facts)> foreign = [];

    /// <summary>Whether one of them is for the platform, so that nothing below can change the verdict.</summary>
    public bool HasOwn { get; private set; }

    public PathPrograms Look()
    {
        var path = StartTrace.Variable(config, "PATH") ?? StartTrace.DefaultPath;
        foreach (var file in path.Split(':').Where(folder => folder.StartsWith('/')).SelectMany(view.FilesIn).DistinctBy(file => file.Path))
        {
            if (!file.MayRun || file.Facts is not ElfFile { Kind: not (ElfKind.Object or ElfKind.Other) } facts)
                continue;
            if (MachineFit.Of(platform, facts).Kind is FitKind.Native or FitKind.Compatible)
            {
                HasOwn = true;
                return this;
            }
            if (!isAllowed(file.Path[1..]) && !KnownPlaces.Expect(file.Path[1..], facts, platform))
                foreign.Add((file, facts));
        }
        return this;
    }

    /// <summary>The error, where there are programs and none of them runs.</summary>
    public TracedFinding? Finding()
    {
        if (HasOwn || foreign.Count == 0)
            return null;
        var (file, facts) = foreign.FirstOrDefault(each => each.File.Path.EndsWith("sh", StringComparison.Ordinal), foreign[0]);
        var message = foreign.Count == 1
            ? $"{file.Path}, the only program in PATH, is built for {facts.Machine}, but the image is for {platform}"
            : $"none of the {foreign.Count} programs in PATH runs on {platform}: {file.Path} is built for {facts.Machine}";
        return new TracedFinding(new Finding
        {
            Id = FindingId.WrongMachine,
            Severity = FindingSeverity.Error,
            Platform = platform,
            Message = message,
            Path = file.Path,
            Found = facts.Machine.ToString(),
            Wanted = Machine.Of(platform).ToString(),
        }, file.Layer);
    }
}
