using System.IO.Pipelines;

namespace Manifold.Server;

/// <summary>A connection's bytes, which pass unchanged; it is noted when some last did.</summary>
internal sealed class WatchedTransport(IDuplexPipe inner, TimeProvider time) : IDuplexPipe
{
    private long moved = time.GetTimestamp();

    /// <summary>The time since the last byte was received from the client or sent to it.</summary>
    public TimeSpan Still => time.GetElapsedTime(Volatile.Read(ref moved));

    public PipeReader Input => field ??= new Reader(inner.Input, this);

    public PipeWriter Output => field ??= new Writer(inner.Output, this);

    private void Moves() => Volatile.Write(ref moved, time.GetTimestamp());

    private ValueTask<T> Watched<T>(ValueTask<T> moving)
    {
        if (!moving.IsCompletedSuccessfully)
            return AwaitAsync(moving);
        Moves();
        return moving;
    }

    private async ValueTask<T> AwaitAsync<T>(ValueTask<T> moving)
    {
        var result = await moving.ConfigureAwait(false);
        Moves();
        return result;
    }

    private sealed class Reader(PipeReader inner, WatchedTransport owner) : PipeReader
    {
        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            owner.Watched(inner.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result);
        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);
        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);
        public override void CancelPendingRead() => inner.CancelPendingRead();
        public override void Complete(Exception? exception = null) => inner.Complete(exception);
        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }

    private sealed class Writer(PipeWriter inner, WatchedTransport owner) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;
        public override long UnflushedBytes => inner.UnflushedBytes;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            owner.Watched(inner.FlushAsync(cancellationToken));

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
            owner.Watched(inner.WriteAsync(source, cancellationToken));

        public override void Advance(int bytes) => inner.Advance(bytes);
        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);
        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
        public override void CancelPendingFlush() => inner.CancelPendingFlush();
        public override void Complete(Exception? exception = null) => inner.Complete(exception);
        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
