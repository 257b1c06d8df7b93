using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Content;

/// <content>Measures the store with the decisions that a prune would make.</content>
internal sealed partial class PruneSurvey
{
    /// <summary>See <see cref="Prune.MeasureAsync"/>.</summary>
    public DiskUsage Measure(CancellationToken cancellation)
    {
        var images = store.Tags.List();
        var reached = images.Select(image => image.Target.Digest).Distinct().ToDictionary(digest => digest, ReachedFrom);
        named = [.. store.Tags.Roots().Select(entry => entry.Digest).Where(digest => !reached.ContainsKey(digest)).SelectMany(ReachedFrom),
            .. reached.Values.SelectMany(digests => digests)];
        var usual = DecideAll(new Prune.Options(), cancellation);
        var everything = DecideAll(new Prune.Options(All: true), cancellation);
        return new DiskUsage
        {
            Images = Weigh(images, reached),
            Parts = [.. Enum.GetValues<UsageKind>().Select(Part)],
            Faults = [.. Faults],
        };

        UsagePart Part(UsageKind kind)
        {
            var (some, all) = (usual[kind], everything[kind]);
            var count = kind == UsageKind.Images ? images.Length : some.Count;
            return new UsagePart(kind, count, some.Freed + some.Kept, some.Freed, all.Freed);
        }
    }

    private HashSet<Digest> ReachedFrom(Digest root)
    {
        var reached = new HashSet<Digest>();
        Mark(root, reached);
        return reached;
    }

    /// <summary>The same image under several names is one image: its names share everything, and none has it alone.</summary>
    private ImmutableArray<ImageUsage> Weigh(ImmutableArray<NamedImage> images, Dictionary<Digest, HashSet<Digest>> reached)
    {
        var users = new Dictionary<Digest, int>();
        foreach (var digest in images.SelectMany(image => reached[image.Target.Digest]))
            users[digest] = users.GetValueOrDefault(digest) + 1;
        return
        [
            .. from image in images
               let blobs = reached[image.Target.Digest].Select(digest => (Bytes: store.SizeOf(digest) ?? 0, Users: users[digest])).ToList()
               let bytes = blobs.Sum(blob => blob.Bytes)
               orderby bytes descending, image.Name
               select new ImageUsage(image.Name, image.Target.Digest, bytes, blobs.Where(blob => blob.Users == 1).Sum(blob => blob.Bytes)),
        ];
    }
}
