using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Building;

/// <summary>The images of a component while it is built: each platform's as soon as its unit has ended.</summary>
/// <remarks>
/// Components that need it start with the images that are there, and end only if the whole component is built. Thread-safe.
/// </remarks>
internal sealed class SiblingImages(PlannedComponent planned)
{
    private readonly Dictionary<Platform, TaskCompletionSource<BuiltImage?>> images = planned.Platforms.ToDictionary(
        platform => platform.Platform, _ => new TaskCompletionSource<BuiltImage?>(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Hands on an image. The first one of a platform counts.</summary>
    public void Add(BuiltImage image) => images.GetValueOrDefault(image.Platform)?.TrySetResult(image);

    /// <summary>Ends the waiting for images that will never be there.</summary>
    public void Close()
    {
        foreach (var image in images.Values)
            image.TrySetResult(null);
    }

    /// <summary>Waits for the image that fits a platform best.</summary>
    /// <returns>The image, or null if the component has none for the platform.</returns>
    public Task<BuiltImage?> FindAsync(Platform platform) =>
        PlatformChoice.Best(platform, planned.Platforms, each => each.Platform) is { } best
            ? images[best.Platform].Task
            : Task.FromResult<BuiltImage?>(null);
}

/// <summary>A component that another one needs.</summary>
/// <param name="Images">Its images, as they are made.</param>
/// <param name="Outcome">Its result. Never fails.</param>
internal sealed record Sibling(SiblingImages Images, Task<ComponentResult> Outcome);

/// <summary>A component cannot be built, because one that it needs was not.</summary>
internal sealed class SiblingNotBuiltException(string sibling) : ManifoldException($"image '{sibling}' of this project was not built.")
{
    public override int ExitCode => 1;

    public string Sibling => sibling;
}
