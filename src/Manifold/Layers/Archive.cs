namespace Manifold.Layers;

/// <summary>Archives as ADD takes them: tar, plain or compressed, known by their content and not by their names.</summary>
public static class Archive
{
    private const int HeaderBytes = 512;

    /// <summary>The tar in a file, or null where it is none. Takes <paramref name="file"/> over and disposes it.</summary>
    public static Stream? TryOpen(Stream file)
    {
        var content = Compression.Open(file);
        var header = new byte[HeaderBytes];
        var count = content.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false);
        if (count == HeaderBytes && IsTar(header))
            return new PrefixedStream(header, content);
        content.Dispose();
        return null;
    }

    // The header's checksum is the sum of its bytes with blanks in its own place; old tars have no other mark.
    private static bool IsTar(ReadOnlySpan<byte> header)
    {
        long sum = 8 * ' ';
        for (var i = 0; i < header.Length; i++)
            if (i is < 148 or >= 156)
                sum += header[i];
        var text = System.Text.Encoding.ASCII.GetString(header[148..156]).Trim('\0', ' ');
        return text.Length > 0 && text.All(digit => digit is >= '0' and <= '7') && Convert.ToInt64(text, 8) == sum;
    }
}
