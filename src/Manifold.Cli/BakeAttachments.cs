using Manifold.Building;
using Manifold.Oci;
using Manifold.Projects;
using Manifold.Publishing;
using Manifold.Publishing.Referrers;
using Manifold.Publishing.Signing;

namespace Manifold.Cli;

/// <summary>Attaches to a project's images what the command line and the project's file ask for.</summary>
internal sealed class BakeAttachments(CliContext context, Attachments wanted, SigningKey? key, PublishingTools publishing)
{
    private readonly DateTimeOffset begin = context.Time.GetUtcNow();

    public async Task<AttachmentSummary> AttachAsync(BakedComponent baked, PreparedImage image, CancellationToken cancellation)
    {
        return await new ImageAttachments(publishing, await RequestAsync(baked, cancellation)).AttachAsync(image, cancellation);
    }

    /// <summary>Puts the documents beside an image in a layout, an archive or a folder; null if there are none.</summary>
    public async Task<LayoutAttachments?> BesideAsync(BakedComponent baked, CancellationToken cancellation)
    {
        var component = baked.Planned.Node.Component;
        return !WantsSbom(component) && !WantsProvenance(component) ? null
            : new LayoutAttachments(publishing, await RequestAsync(baked, cancellation) with { Key = null },
                component.Tags.FirstOrDefault());
    }

    private async Task<AttachmentRequest> RequestAsync(BakedComponent baked, CancellationToken cancellation)
    {
        var component = baked.Planned.Node.Component;
        return wanted.Request(key) with
        {
            IsMinimal = wanted.IsMinimal ?? component.ProvenanceIsMinimal,
            Sbom = WantsSbom(component),
            Provenance = WantsProvenance(component) ? await ProvenanceAsync(baked, cancellation) : null,
        };
    }

    /// <summary>What the command line says counts more than the file.</summary>
    private bool WantsSbom(Component component) => wanted.Sbom ?? component.Sbom;

    private bool WantsProvenance(Component component) => wanted.Provenance ?? component.Provenance;

    /// <summary>Of what is taken as it is nobody here knows where it came from.</summary>
    private async Task<Func<ImageReference, Platform, Descriptor, Provenance?>> ProvenanceAsync(BakedComponent baked, CancellationToken cancellation)
    {
        var made = new Dictionary<Platform, Func<ImageReference, Platform, Descriptor, Provenance>>();
        foreach (var group in baked.Planned.Platforms.Where(platform => platform.Node.Build is not null).GroupBy(platform => platform.Node.Build!.Group))
        {
            var provenance = await new BuildProvenance(context, group.First().Node.Build!.Request).OfAsync(baked.Result!, begin, cancellation);
            foreach (var platform in group)
                made[platform.Platform] = provenance;
        }
        return (name, platform, manifest) => made.GetValueOrDefault(platform)?.Invoke(name, platform, manifest);
    }
}
