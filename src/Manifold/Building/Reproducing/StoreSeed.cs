using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Registry;

namespace Manifold.Building.Reproducing;

/// <summary>
/// Brings what a project only takes from one store into another, so that it is not fetched again; nothing that was built.
/// </summary>
internal sealed class StoreSeed(Store from, Store to)
{
    public void Bring(Project project, ProjectLock pins)
    {
        foreach (var image in pins.Images.Values)
            Bring(image.Digest, 0);
        foreach (var name in project.Components.SelectMany(component => component.Platforms)
            .Select(platform => platform.Source).OfType<ImageSource>()
            .Select(source => ImageLocation.TryParse(source.Location, out var location) && location.Transport == Transport.Store
                ? location.Reference
                : null)
            .OfType<ImageReference>()
            .Distinct())
        {
            if (from.Tags.Find(name) is not { } image)
                continue;
            Bring(image.Digest, 0);
            to.Tags.SetAll([(name, image)]);
        }
    }

    private void Bring(Digest document, int depth)
    {
        if (depth > Limits.IndexDepth || from.TryReadDocument(document) is not { } bytes)
            return;
        Copy(document);
        var type = RegistryClient.TypeOf(null, bytes);
        if (type is not null && MediaType.IsIndex(type))
        {
            foreach (var entry in ImageIndex.Parse(bytes).Manifests)
                Bring(entry.Digest, depth + 1);
        }
        else if (type is not null && MediaType.IsManifest(type))
        {
            var manifest = Manifest.Parse(bytes);
            foreach (var blob in manifest.Layers.Prepend(manifest.Config).Where(blob => from.Contains(blob.Digest)))
                Copy(blob.Digest);
        }
    }

    private void Copy(Digest digest)
    {
        if (to.Contains(digest))
            return;
        var temporary = Path.Combine(to.WorkFolder, Guid.NewGuid().ToString("N"));
        File.Copy(from.BlobPath(digest), temporary);
        to.Place(temporary, digest);
    }
}
