using Manifold.Events;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>Turns a push's transfers into events.</summary>
internal sealed class PushEvents(Action<BuildEvent> show, TimeProvider time) : IProgress<TransferProgress>
{
    public void Report(TransferProgress value) => show(new Transferred(
        TransferKind.Push, value.Blob.Digest, value.Push is { } how and not BlobPush.Uploaded
            ? $"{value.Repository.Name} ({(how == BlobPush.Mounted ? "mounted" : "already there")})" : value.Repository.Name,
        value.Bytes, value.Done ? value.Bytes : value.Blob.Size)
    {
        Time = time.GetUtcNow(),
        Push = value.Push,
    });
}
