using System.Collections.Immutable;
using System.Text;

namespace Manifold.Sandbox;

/// <summary>Cuts what a RUN prints into lines, hands them on, and remembers the last ones.</summary>
/// <remarks>
/// Bytes that are no UTF-8 become U+FFFD. A line longer than <see cref="LongestLine"/> is cut, so memory does not grow with the output.
/// </remarks>
internal sealed class RunOutput(Action<LogLine>? onLine, Redaction redaction, TimeProvider time)
{
    public const int TailLines = 20;
    private const int LongestLine = 64 * 1024;

    private readonly Lock gate = new();
    private readonly Queue<string> tail = new();

    public string? EmulatorCrash { get; private set; }

    public ImmutableArray<string> Tail
    {
        get
        {
            lock (gate)
                return [.. tail];
        }
    }

    /// <summary>Reads to the end of the stream; a last line without its end is a line.</summary>
    public void Read(Stream stream, LogStream name)
    {
        var buffer = new byte[LongestLine];
        var filled = 0;
        while (stream.Read(buffer.AsSpan(filled)) is > 0 and var count)
        {
            filled += count;
            var begin = 0;
            while (buffer.AsSpan(begin, filled - begin).IndexOf((byte)'\n') is >= 0 and var length)
            {
                Accept(buffer.AsSpan(begin, length), name);
                begin += length + 1;
            }
            if (begin == 0 && filled == buffer.Length)
            {
                begin = redaction.CutBefore(buffer);
                Accept(buffer.AsSpan(0, begin), name);
            }
            buffer.AsSpan(begin, filled - begin).CopyTo(buffer);
            filled -= begin;
        }
        if (filled > 0)
            Accept(buffer.AsSpan(0, filled), name);
    }

    private void Accept(ReadOnlySpan<byte> bytes, LogStream name)
    {
        var plain = bytes.TrimEnd((byte)'\r');
        var text = Encoding.UTF8.GetString(redaction.Apply(plain) ?? plain);
        lock (gate)
        {
            tail.Enqueue(text);
            if (tail.Count > TailLines)
                tail.Dequeue();
            if (name == LogStream.Error && IsEmulatorCrash(text))
                EmulatorCrash = text;
            onLine?.Invoke(new LogLine(time.GetUtcNow(), name, text));
        }
    }

    // qemu-user's words: linux-user/signal.c, "uncaught target signal"; and its internal failures. Signal 6 is the program's own abort().
    private static bool IsEmulatorCrash(string line) =>
        line.StartsWith("qemu: uncaught target signal ", StringComparison.Ordinal) && !line.Contains("signal 6 ", StringComparison.Ordinal)
        || line.StartsWith("qemu: unhandled CPU exception", StringComparison.Ordinal)
        || (line.StartsWith("qemu-", StringComparison.Ordinal)
            && (line.Contains("Assertion", StringComparison.Ordinal) || line.Contains("internal error", StringComparison.Ordinal)));
}
