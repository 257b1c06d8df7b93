using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary>Prints what <c>copy</c> and <c>index</c> deliver: a line for each blob, and the places on standard output.</summary>
internal static class DeliveryLines
{
    public static ImageDelivery Create(CliContext context, Store store, RegistryClient client) =>
        new(new PublishingTools(store, client, context.Time) { Warn = context.Warn }, new DeliveryListeners
        {
            Pushed = new TransferLines(context),
            Placed = new PlacedLines(context),
            Published = (done, targets) => PublishingFlags.TellAsync(context, done, targets),
            Written = (target, digest) => context.Out.WriteLineAsync(Place(target, digest)),
        });

    /// <summary>The target as a location that <c>inspect</c> takes, with the digest where it may stand.</summary>
    private static string Place(ImageLocation target, Digest digest) => target.Transport switch
    {
        Transport.DockerArchive => target.ToString(),
        Transport.Store => $"store:{target.Reference!.WithDigest(digest)}",
        _ => $"{target.WithoutName()}@{digest}",
    };

    /// <summary>One line for each blob that is in its place.</summary>
    private sealed class PlacedLines(CliContext context) : IProgress<BlobPlaced>
    {
        private readonly Lock turn = new();

        public void Report(BlobPlaced value)
        {
            lock (turn)
                context.Error.WriteLine($"{value.Blob.Digest.Short}  {ByteSize.Format(value.Blob.Size),9}  "
                    + $"{(value.AlreadyThere ? "already there" : "copied")}");
        }
    }
}
