using System.Collections.Immutable;
using System.Text;

namespace Manifold.Sandbox;

/// <summary>Takes the values of secrets out of what a RUN prints, before anybody sees it.</summary>
/// <remarks>
/// Replaced are each line of a secret and its base64, wherever they stand in a line. Values of fewer than <see cref="Shortest"/> characters
/// are left: they stand in everything. A program that prints a secret in another disguise (hexadecimal, a character a line) is not found
/// out; the value was its to use.
/// </remarks>
internal sealed class Redaction
{
    private const int Shortest = 4, ShortestLine = 8;

    private readonly ImmutableArray<byte[]> needles;

    /// <param name="values">The secrets that a RUN can read.</param>
    public Redaction(IEnumerable<ReadOnlyMemory<byte>> values)
    {
        needles = [.. values.SelectMany(Forms).Distinct(StringComparer.Ordinal).OrderByDescending(form => form.Length)
            .Select(Encoding.Latin1.GetBytes)];
        Longest = needles.IsEmpty ? 0 : needles[0].Length;
    }

    /// <summary>Bytes of the longest value; 0 where there is nothing to hide.</summary>
    public int Longest { get; }

    public string Apply(string text)
    {
        if (needles.IsEmpty)
            return text;
        var bytes = Encoding.UTF8.GetBytes(text);
        return Apply(bytes) is { } redacted ? Encoding.UTF8.GetString(redacted) : text;
    }

    /// <summary>The line without secrets; null where it has none.</summary>
    public byte[]? Apply(ReadOnlySpan<byte> line)
    {
        byte[]? redacted = null;
        foreach (var needle in needles)
        {
            while ((redacted ?? line).IndexOf(needle) is >= 0 and var at)
                redacted = [.. (redacted ?? line)[..at], .. "***"u8, .. (redacted ?? line)[(at + needle.Length)..]];
        }
        return redacted;
    }

    /// <summary>Where a line that is too long may be cut: not within a secret.</summary>
    public int CutBefore(ReadOnlySpan<byte> line)
    {
        var cut = line.Length - Math.Max(0, Longest - 1); // the rest may be the beginning of one
        foreach (var needle in needles)
        {
            var from = Math.Max(0, cut - needle.Length + 1);
            if (line[from..].IndexOf(needle) is >= 0 and var at && from + at < cut)
                cut = from + at;
        }
        return cut > 0 ? cut : line.Length;
    }

    // Latin-1 keeps bytes that are no UTF-8 as they are.
    private static IEnumerable<string> Forms(ReadOnlyMemory<byte> value)
    {
        var whole = Encoding.Latin1.GetString(value.Span);
        var lines = whole.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var trimmed = whole.TrimEnd('\r', '\n');
        if (trimmed.Length < Shortest)
            return [];
        return lines.Where(line => line.Length >= (lines.Length == 1 ? Shortest : ShortestLine))
            .Append(Convert.ToBase64String(value.Span).TrimEnd('='))
            .Append(Convert.ToBase64String(Encoding.Latin1.GetBytes(trimmed)).TrimEnd('='));
    }
}
