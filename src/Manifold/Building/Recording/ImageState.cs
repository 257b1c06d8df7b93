
using Manifold.Text;

namespace Manifold.Building.Recording;

/// <summary>How one image of a build ended.</summary>
internal enum ImageState
{
    Published,

    /// <summary>Built and kept in the store, but not published.</summary>
    Built,

    Failed,

    /// <summary>Under way when something else failed.</summary>
    Stopped,

    NotStarted,
}

/// <summary>The states of a build's images. Every rendering takes its counts from here, so that they agree.</summary>
internal static class ImageStates
{
    public static ImageState StateOf(this BuildRecord record, RecordedComponent image) => image switch
    {
        { Failure: NotBegunException.Reason } => ImageState.NotStarted,
        { Failure: not null } => ImageState.Failed,
        { Index: not null, Published: true } => ImageState.Published,
        { Index: not null } => ImageState.Built,
        _ => HasBegun(record, image) ? ImageState.Stopped : ImageState.NotStarted,
    };

    /// <summary>The state in words, e.g. <c>not started</c>.</summary>
    public static string Text(this ImageState state) => state switch
    {
        ImageState.NotStarted => "not started",
        _ => state.ToString().ToLowerInvariant(),
    };

    /// <summary>The images in this state, in the order of the record.</summary>
    public static IEnumerable<RecordedComponent> ImagesThat(this BuildRecord record, ImageState state) =>
        record.Components.Where(image => record.StateOf(image) == state);

    /// <summary>All images by state, e.g. <c>8 built, 1 failed, 1 not started</c>. Published images count as built.</summary>
    public static string CountsOf(BuildRecord record)
    {
        var counts = record.Components.GroupBy(image =>
            record.StateOf(image) is ImageState.Published ? ImageState.Built : record.StateOf(image));
        return string.Join(", ", counts.OrderBy(same => same.Key).Select(same => $"{same.Count()} {same.Key.Text()}"));
    }

    /// <summary>E.g. <c>10 images: 9 built, 1 failed</c>, or <c>10 images</c> if all were built.</summary>
    public static string Summary(BuildRecord record)
    {
        var images = Amounts.Count(record.Components.Length, "image");
        return record.Components.All(image => record.StateOf(image) is ImageState.Published or ImageState.Built)
            ? images : $"{images}: {CountsOf(record)}";
    }

    private static bool HasBegun(BuildRecord record, RecordedComponent image) =>
        record.Steps.Any(step => step.Component == image.Name && step.Begin is not null)
        || record.Hooks.Any(hook => hook.Component == image.Name);
}

/// <summary>The failure of an image that was not started because the project could not be planned.</summary>
internal sealed class NotBegunException() : ManifoldException(Reason)
{
    public const string Reason = "not started: the plan of the project has problems";

    public override int ExitCode => 1;
}
