using Manifold.Registry;

namespace Manifold.Cli;

/// <summary>Renders transfers as one line for each blob that is done.</summary>
internal sealed class TransferLines(CliContext context) : IProgress<TransferProgress>
{
    private readonly Lock turn = new();

    public void Report(TransferProgress value)
    {
        if (!value.Done)
            return;
        var what = value.Push switch
        {
            null => "pulled",
            BlobPush.AlreadyThere => "there already",
            BlobPush.Mounted => "mounted",
            _ => "pushed",
        };
        lock (turn)
            context.Error.WriteLine($"{value.Blob.Digest.Short}  {ByteSize.Format(value.Blob.Size),9}  {what}");
    }
}
