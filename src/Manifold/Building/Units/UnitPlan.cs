using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;

namespace Manifold.Building.Units;

/// <summary>The surroundings of a unit where it runs: folders and documents that its request names by digest.</summary>
internal sealed record UnitPlace
{
    /// <summary>Reads a document that is here, by its digest.</summary>
    public required Func<Digest, byte[]> Document { get; init; }

    /// <summary>Returns the folder of a packed context that was unpacked here.</summary>
    public required Func<Digest, ContextFolder> FolderOf { get; init; }

    /// <summary>An empty folder: the context of units that read none.</summary>
    public required string EmptyFolder { get; init; }

    /// <summary>Secrets and agents that were lent to the unit.</summary>
    public ImmutableArray<Secret> Secrets { get; init; } = [];
    public ImmutableArray<SshAgent> Agents { get; init; } = [];
}

/// <summary>Plans a unit again from its request, on the machine that runs it.</summary>
/// <remarks>The same version of the program plans the same. Otherwise, the plan's digest tells, and nothing is built.</remarks>
internal static class UnitPlan
{
    /// <exception cref="UnitMismatchException">This program plans the unit differently.</exception>
    /// <exception cref="DockerfileException">The Dockerfile is wrong for this program.</exception>
    public static Unit Of(UnitRequest unit, UnitPlace place)
    {
        var request = RequestOf(unit, place);
        var file = ReplacedDefaults.Without(BuildFiles.ReadDockerfile(request), request).OrThrow();
        var bases = unit.Bases.Select(ground => ground.ToImage(place.Document))
            .ToImmutableDictionary(image => (image.Reference, image.Platform));
        var plan = new Planner(file, request).Plan(bases);
        var image = plan.Images[0];
        var again = UnitRequest.Of(unit.Component, request, image, plan).Plan;
        return again == unit.Plan ? new Unit(unit, image, new UnitGroup(request, plan)) : throw new UnitMismatchException(
            unit, $"the node's plan differs ({again.Short} instead of {unit.Plan.Short})");
    }

    private static BuildRequest RequestOf(UnitRequest unit, UnitPlace place) => new()
    {
        ContextFolder = FolderOf(unit.Packed, place).Path,
        ContextAddress = unit.ContextAddress ?? unit.Context,
        ContextTime = unit.ContextTime,
        Unpacked = new ContextFolders(FolderOf(unit.Packed, place).Rules, unit.Contexts.Values
            .Where(context => context.Folder is not null).DistinctBy(context => context.Folder).ToImmutableSortedDictionary(
                context => context.Folder!, context => FolderOf(context.Packed, place), StringComparer.Ordinal)),
        DockerfilePath = unit.Dockerfile,
        InlineDockerfile = unit.DockerfileText,
        Contexts = unit.Contexts.ToImmutableSortedDictionary(
            context => context.Key, context => ContextOf(context.Value), StringComparer.Ordinal),
        Platforms = [unit.Platform],
        BuildPlatform = unit.BuildPlatform,
        Target = unit.Target,
        BuildArguments = unit.Arguments,
        Labels = unit.Labels,
        Annotations = unit.Annotations,
        RunHostname = unit.RunHostname,
        Cache = CacheRequest.Parse(unit.CacheFrom, []) with { Inline = unit.InlineCache },
        Layers = new LayerPolicy(
            LayerForm.FromName(unit.Compression) ?? throw new FormatException($"'{unit.Compression}' is not a form of layers."),
            unit.CompressesBases),
        Run = unit.Run.With(place.Secrets, place.Agents),
        NoCache = unit.NoCache,
        NoCacheFilter = unit.NoCacheFilter,
        Created = unit.Created,
        SourceDateEpoch = unit.SourceDateEpoch,
    };

    private static NamedContext ContextOf(UnitContext context) => context.Image is { } image
        ? new ImageContext(ImageReference.Parse(image))
        : new FolderContext(context.Folder!) { Time = context.Time is { } time ? new Lazy<long?>(time) : null };

    private static ContextFolder FolderOf(Digest? packed, UnitPlace place) =>
        packed is { } digest ? place.FolderOf(digest) : new ContextFolder(place.EmptyFolder, IgnoreRules.None);
}
