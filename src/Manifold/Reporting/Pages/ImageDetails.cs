using System.Collections.Immutable;
using Manifold.Building.Recording;

namespace Manifold.Reporting.Pages;

/// <summary>The details of one image from top to bottom. A part that has nothing to show is empty.</summary>
internal sealed record ImageDetails : Piece
{
    /// <summary>Null if the head of the page shows it.</summary>
    public required string? Failure { get; init; }

    public required Html Platforms { get; init; }
    public required Html Nodes { get; init; }
    public required Html Hooks { get; init; }
    public required Html Stages { get; init; }
    public required Html Timeline { get; init; }
    public required Html Sizes { get; init; }
    public required Html Index { get; init; }
    public required Html Verification { get; init; }
    public required Html Parity { get; init; }
    public required Html Waste { get; init; }
    public required Html Labels { get; init; }
    public required Html Arguments { get; init; }
    public required Html PullCommands { get; init; }
    public required Html CheckCommands { get; init; }

    public static Html Render(BuildRecord record, RecordedComponent image)
    {
        var shared = SharedLayers.Of(record, image);
        return Html.Of(new ImageDetails
        {
            Failure = record.Components.Length > 1 ? image.Failure : null,
            Platforms = PlatformTable.Render(record, image),
            Nodes = NodeWork.Render(image),
            Hooks = Pages.Hooks.Render(record, image),
            Stages = StageMatrix.Render(record, image),
            Timeline = record.Components.Length == 1 ? Pages.Timeline.Render(record) : default,
            Sizes = LayerSizes.Render(image, shared),
            Index = IndexTree.Render(image, shared),
            Verification = VerificationResults.Render(image),
            Parity = Pages.Parity.Render(image),
            Waste = WastedBytes.Render(image),
            Labels = Pairs.Render("Labels", image.Labels),
            Arguments = Pairs.Render("Build arguments", image.Arguments),
            PullCommands = Pages.PullCommands.Render(image),
            CheckCommands = Pages.CheckCommands.Render(image),
        });
    }
}

/// <summary>The commands of the project file that ran before the build of an image.</summary>
internal sealed record Hooks(IReadOnlyList<HookRow> Rows) : Piece
{
    public static Html Render(BuildRecord record, RecordedComponent image)
    {
        var hooks = record.Hooks.Where(hook => hook.Component == image.Name).ToList();
        return hooks.Count == 0 ? default
            : Html.Of(new Hooks([.. hooks.Select(hook => new HookRow(hook.Name, Pieces.Seconds(hook.Elapsed)))]));
    }
}

internal sealed record HookRow(string Command, string Time);

/// <summary>Names and their values.</summary>
internal sealed record Pairs(string Heading, IReadOnlyList<Pair> Entries) : Piece
{
    public static Html Render(string heading, ImmutableSortedDictionary<string, string> pairs) => pairs.IsEmpty ? default
        : Html.Of(new Pairs(heading, [.. pairs.Select(pair => new Pair(pair.Key, pair.Value))]));
}

internal sealed record Pair(string Name, string Value);
