using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The differences between the platforms of an image.</summary>
internal sealed record Parity : Piece
{
    public required string Note { get; init; }

    /// <summary>Whether the platforms were compared.</summary>
    public required bool IsKnown { get; init; }

    public required bool HasDifferences { get; init; }
    public IReadOnlyList<string> Platforms { get; init; } = [];
    public IReadOnlyList<ParityRow> Differences { get; init; } = [];

    /// <summary>The platforms that could not be compared, and why.</summary>
    public ImmutableArray<string> Unreadable { get; init; } = [];

    /// <summary>The command that compares everything, and pulls the layers that are missing. Null if nothing is missing.</summary>
    public required string? Command { get; init; }

    public static Html Render(RecordedComponent image)
    {
        if (image.Parity is { } parity)
            return Html.Of(Of(image, parity));
        return image.Platforms.Count(platform => platform.Manifest is not null) < 2 ? default : Html.Of(new Parity
        {
            Note = "The platforms were not compared, because some layers of the base images are not in the store. "
                + "To pull them and compare, run:",
            IsKnown = false,
            HasDifferences = false,
            Command = CommandFor(image),
        });
    }

    private static Parity Of(RecordedComponent image, RecordedParity parity)
    {
        var shown = parity.Count > parity.Differences.Length ? $". The first {parity.Differences.Length} are shown" : "";
        return new Parity
        {
            Note = parity.Count == 0 ? "The platforms have the same packages, files, and configuration."
                : $"{Amounts.Count(parity.Count, "difference")} between the platforms{shown}.",
            IsKnown = true,
            HasDifferences = parity.Count > 0,
            Platforms = parity.Platforms,
            Differences = [.. parity.Differences.Select(difference => new ParityRow(
                difference.Topic, difference.Name, [.. difference.Values.Select(value => new ParityValue(value))]))],
            Unreadable = parity.Unreadable,
            Command = parity.Unreadable.IsEmpty ? null : CommandFor(image),
        };
    }

    private static string? CommandFor(RecordedComponent image) =>
        image.Tags.IsEmpty ? null : $"manifold verify --parity {(image.Published ? "" : "store:")}{image.Tags[0]}";
}

internal sealed record ParityRow(string Topic, string Name, IReadOnlyList<ParityValue> Values);

/// <param name="Text">Null if the platform does not have it.</param>
internal sealed record ParityValue(string? Text);
