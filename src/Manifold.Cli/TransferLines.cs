using Manifold.Oci;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>
/// Renders transfers as one line for each blob that is done; on a terminal, a line below them says how far the others are.
/// </summary>
internal sealed class TransferLines(CliContext context) : IProgress<TransferProgress>
{
    private readonly Lock turn = new();
    private readonly Dictionary<Digest, TransferProgress> moving = [];
    private DateTimeOffset last;

    public void Report(TransferProgress value)
    {
        lock (turn)
        {
            if (value.Done)
                WriteLine(value);
            else
                moving[value.Blob.Digest] = value;
            if (StatusLine.HasStatus(context))
                WriteStatus(value.Done);
            else if (value.Done)
                last = context.Time.GetUtcNow();
            else
                WriteSign();
        }
    }

    private void WriteLine(TransferProgress value)
    {
        moving.Remove(value.Blob.Digest);
        StatusLine.Clear(context);
        context.Error.WriteLine($"{value.Blob.Digest.Short}  {ByteSize.Format(value.Blob.Size),9}  {What(value.Push)}");
    }

    private void WriteStatus(bool now)
    {
        if (moving.Count == 0 || (!now && context.Time.GetUtcNow() - last < StatusLine.Pace))
            return;
        last = context.Time.GetUtcNow();
        StatusLine.WriteStatus(context, Status());
    }

    /// <summary>In a log, a line now and then says that it goes on.</summary>
    private void WriteSign()
    {
        var now = context.Time.GetUtcNow();
        last = last == default ? now : last;
        if (now - last < PlainProgress.Silence)
            return;
        last = now;
        context.Error.WriteLine(Status());
    }

    private string Status() => $"{Amounts.Count(moving.Count, "blob")} on the way: "
        + $"{ByteSize.Format(moving.Values.Sum(each => each.Bytes))} of {ByteSize.Format(moving.Values.Sum(each => each.Blob.Size))}";

    private static string What(BlobPush? push) => push switch
    {
        null => "pulled",
        BlobPush.AlreadyThere => "already there",
        BlobPush.Mounted => "mounted",
        _ => "pushed",
    };
}
