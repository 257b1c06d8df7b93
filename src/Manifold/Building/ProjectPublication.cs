using Manifold.Events;
using Manifold.Images;
using Manifold.Publishing;

namespace Manifold.Building;

/// <summary>Publishes the images of a project: content as soon as an image is built, all tags together at the end.</summary>
/// <remarks>
/// <code>
/// an image is built     1  its content by digest, then the documents about it
/// all images are built  2  the tags of all images together, or none
/// </code>
/// </remarks>
internal sealed class ProjectPublication(BuilderTools tools, Publisher publisher, ImageDocuments documents)
{
    /// <summary>1. Touches no tag.</summary>
    public async Task<ComponentResult> SendAsync(ComponentResult built, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var image = await PreparedAsync(built, on, cancellation).ConfigureAwait(false);
        await using var source = image.Source;
        var sent = await publisher.SendAsync(image, new PushEvents(on, tools.Time), cancellation).ConfigureAwait(false);
        return built with { Sent = sent, Attached = await documents.AttachAsync(built, image, cancellation).ConfigureAwait(false) };
    }

    /// <summary>2. Publishes the images that were built and have targets.</summary>
    public async Task<ProjectResult> PublishAsync(ProjectResult made, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var whole = made.Components.Where(component => component is { State: ComponentState.Built, Planned.Preflight: not null }).ToList();
        if (whole.Count == 0)
            return made;
        var prepared = new List<PreparedImage>();
        foreach (var component in whole)
            prepared.Add(await PreparedAsync(component, _ => { }, cancellation).ConfigureAwait(false));
        var published = await publisher.PublishAllAsync([.. prepared], new PushEvents(on, tools.Time), cancellation).ConfigureAwait(false);
        foreach (var image in prepared)
            await image.Source.DisposeAsync().ConfigureAwait(false);
        var publications = whole.Zip(published).ToDictionary(pair => pair.First.Name, pair => pair.Second with
        {
            Transfers = Sum(pair.First.Sent, pair.Second.Transfers),
        });
        return new ProjectResult([.. made.Components.Select(component =>
            component with { Publication = publications.GetValueOrDefault(component.Name) })]);
    }

    /// <summary>Content is looked at again before the tags: what the first pass sent is then already there.</summary>
    private static Transfers Sum(Transfers first, Transfers again) => first + again with { AlreadyThere = 0 };

    private async Task<PreparedImage> PreparedAsync(ComponentResult built, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var (preflight, index) = (built.Planned.Preflight!, built.Result!.Index);
        IImageSource source = new StoreSource(tools.Store, tools.Registry, preflight.Request.Targets[0], index);
        if (!built.Component.DockerFormat)
            return new PreparedImage(source, index, preflight);
        var prefix = built.Component.Origin.Name is { } name ? $"{name}: " : "";
        source = await FormatConversion.ConvertAsync(source, ImageFormat.Docker, lost => tools.Warn(on, prefix + lost), cancellation)
            .ConfigureAwait(false);
        return new PreparedImage(source, (await source.ResolveAsync(cancellation).ConfigureAwait(false)).Descriptor, preflight);
    }
}
