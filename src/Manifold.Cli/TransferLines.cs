using Manifold.Oci;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Renders transfers as one line for each blob that is done; on a terminal, a line below them says how far the others are.</summary>
internal sealed class TransferLines(CliContext context) : IProgress<TransferProgress>
{
    // Clears what a status line left, for whoever writes next. The line itself ends where it began.
    private const string Clear = "\r\e[K";

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly Lock turn = new();
    private readonly Dictionary<Digest, TransferProgress> moving = [];
    private DateTimeOffset last;

    /// <summary>Before a message that ends the command: what it interrupted may have left a status line.</summary>
    public static void ClearStatus(CliContext context)
    {
        if (context.Interactive)
            ForeignTextWriter.Own(context.Error).Write(Clear);
    }

    public void Report(TransferProgress value)
    {
        lock (turn)
        {
            if (value.Done)
                WriteLine(value);
            else
                moving[value.Blob.Digest] = value;
            if (context.Interactive)
                WriteStatus(value.Done);
        }
    }

    private void WriteLine(TransferProgress value)
    {
        moving.Remove(value.Blob.Digest);
        ClearStatus(context);
        context.Error.WriteLine($"{value.Blob.Digest.Short}  {ByteSize.Format(value.Blob.Size),9}  {What(value.Push)}");
    }

    private void WriteStatus(bool now)
    {
        if (moving.Count == 0 || (!now && context.Time.GetUtcNow() - last < Pace))
            return;
        last = context.Time.GetUtcNow();
        ForeignTextWriter.Own(context.Error).Write(
            $"{Clear}{Counts.Of(moving.Count, "blob")} on the way: {ByteSize.Format(moving.Values.Sum(each => each.Bytes))} of "
            + $"{ByteSize.Format(moving.Values.Sum(each => each.Blob.Size))}\r");
    }

    private static string What(BlobPush? push) => push switch
    {
        null => "pulled",
        BlobPush.AlreadyThere => "there already",
        BlobPush.Mounted => "mounted",
        _ => "pushed",
    };
}
