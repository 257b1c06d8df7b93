using Manifold.Oci;
using Manifold.Projects;
using Manifold.Publishing;
using Manifold.Publishing.Referrers;

namespace Manifold.Building;

/// <summary>Attaches SBOMs, provenance and signatures to images, as the order and the project's file ask for them.</summary>
internal sealed class ImageDocuments(BuildOrder order, PublishingTools publishing)
{
    private readonly DateTimeOffset begin = publishing.Time.GetUtcNow();

    /// <summary>Attaches the documents to an image whose content is in its registries. Nothing to attach gives null.</summary>
    public async Task<AttachmentSummary?> AttachAsync(ComponentResult built, PreparedImage image, CancellationToken cancellation)
    {
        var request = await RequestAsync(built, cancellation).ConfigureAwait(false);
        return request.IsEmpty
            ? null
            : await new ImageAttachments(publishing, request).AttachAsync(image, cancellation).ConfigureAwait(false);
    }

    /// <summary>Puts the documents beside an image in a layout, an archive or a folder; null if there are none.</summary>
    public async Task<LayoutAttachments?> BesideAsync(ComponentResult built, CancellationToken cancellation)
    {
        var component = built.Component;
        if (!WantsSbom(component) && !WantsProvenance(component))
            return null;
        var request = await RequestAsync(built, cancellation).ConfigureAwait(false);
        return new LayoutAttachments(publishing, request with { Key = null }, component.Tags.FirstOrDefault());
    }

    private async Task<AttachmentRequest> RequestAsync(ComponentResult built, CancellationToken cancellation)
    {
        var component = built.Component;
        return new AttachmentRequest
        {
            Tool = order.Heading.Tool.Replace(' ', '-'),
            Key = order.Documents.Key,
            IsMinimal = order.Documents.IsMinimal ?? component.ProvenanceIsMinimal,
            Sbom = WantsSbom(component),
            Provenance = WantsProvenance(component) ? await ProvenanceAsync(built, cancellation).ConfigureAwait(false) : null,
        };
    }

    private bool WantsSbom(Component component) => order.Documents.Sbom ?? component.Sbom;

    private bool WantsProvenance(Component component) => order.Documents.Provenance ?? component.Provenance;

    /// <summary>Returns null for a platform that is taken as it is, because nobody here knows where it came from.</summary>
    private async Task<Func<ImageReference, Platform, Descriptor, Provenance?>> ProvenanceAsync(
        ComponentResult built, CancellationToken cancellation)
    {
        var made = new Dictionary<Platform, Func<ImageReference, Platform, Descriptor, Provenance>>();
        var builds = built.Planned.Platforms.Where(platform => platform.Node.Build is not null);
        foreach (var group in builds.GroupBy(platform => platform.Node.Build!.Group))
        {
            var provenance = new BuildProvenance(group.First().Node.Build!.Request, order.Heading.Tool, publishing.Time);
            var of = await provenance.OfAsync(built.Result!, begin, cancellation).ConfigureAwait(false);
            foreach (var platform in group)
                made[platform.Platform] = of;
        }
        return (name, platform, manifest) => made.GetValueOrDefault(platform)?.Invoke(name, platform, manifest);
    }
}
