using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Bake.Hcl;
using Manifold.Projects.Printing;

namespace Manifold.Projects.Bake;

/// <summary>The services of compose files as targets that a bake file's blocks may add to.</summary>
internal static class ServiceTargets
{
    public static ImmutableArray<BakeTarget> Of(Project services, BakeSources sources, ReadingOptions options)
    {
        var origins = services.Components.Select(component => component.Place.File).Distinct()
            .Select(file => (File: file, Text: options.ReadText(file))).ToDictionary(each => each.File, each => (each.Text, Origin: sources.AddPlaces(each.Text)));
        return
        [
            .. from target in ComponentTargets.Of(services, options.WorkingFolder).Targets
               let component = services.Components.First(component => BakeNames.Of(component.Name) == target.Name)
               select At(target, SpanOf(component.Place, origins[component.Place.File])),
        ];
    }

    private static HclSpan SpanOf(Place place, (LocatedText Text, int Origin) file) => new(file.Origin + file.Text.OffsetOf(place), place.Length);

    private static BakeTarget At(BakeTarget target, HclSpan span) => target with
    {
        Span = span,
        Settings = target.Settings.ToImmutableSortedDictionary(each => each.Key, each => new BakeSetting([.. each.Value.Items.Select(item => item with { Span = span })], span), StringComparer.Ordinal),
    };
}
