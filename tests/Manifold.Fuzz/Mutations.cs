using System.Collections.Immutable;
using System.Text;

namespace Manifold.Fuzz;

/// <summary>Damages files the way files break in practice, and in ways that programs dislike. The same seed gives the same files.</summary>
/// <param name="pieces">What is put in; the words of Dockerfiles where it is null.</param>
public sealed class Mutations(ImmutableArray<byte[]> corpus, int seed, ImmutableArray<string>? pieces = null)
{
    private const int Longest = 200_000;

    /// <summary>The words of Dockerfiles.</summary>
    public static ImmutableArray<string> DockerfilePieces { get; } =
    [
        "FROM ",
        "FROM a AS b\n",
        "RUN ",
        "COPY --from=",
        "ADD ",
        "ONBUILD ",
        "ENV ",
        "ARG ",
        "HEALTHCHECK ",
        "SHELL ",
        "EXPOSE 1-65535 ",
        "\\\n",
        "`\n",
        "\r\n",
        "#",
        "# escape=`\n",
        "# check=skip=all;error=true\n",
        "# syntax=a\n",
        "<<EOF",
        "<<-'E'",
        "\nEOF\n",
        "[\"",
        "\"]",
        "'",
        "\"",
        "${",
        "${a:-",
        "}",
        "$",
        "//",
        "--mount=type=cache,",
        "--",
        "=",
        ",",
        "\0",
        "\u2028",
        "é",
        "\uFEFF",
        "../",
        "*",
        "[a-",
        "\\",
        "9999999999999999999", "1h", "sha256:", "$TARGETARCH", "linux/amd64",
    ];

    private readonly ImmutableArray<string> pieces = pieces ?? DockerfilePieces;
    private readonly Random random = new(seed);

    /// <summary>The next damaged file.</summary>
    public byte[] Next()
    {
        var bytes = Pick();
        for (var count = 1 + random.Next(4); count > 0 && bytes.Length < Longest; count--)
            bytes = Damage(bytes);
        return bytes;
    }

    private byte[] Damage(byte[] bytes) => random.Next(10) switch
    {
        0 => Flipped(bytes),
        1 => bytes[..random.Next(bytes.Length + 1)],
        2 => [.. bytes, .. Pick()],
        3 => LinesMoved(bytes),
        4 => Without(bytes),
        5 => Inserted(bytes, Text(pieces[random.Next(pieces.Length)])),
        6 => Inserted(bytes, Repeated(pieces[random.Next(pieces.Length)], random.Next(3_000))),
        7 => Inserted(bytes, [.. Repeated("${a:-", random.Next(300)), .. Repeated("}", random.Next(300))]),
        8 => [.. bytes, .. Repeated($"\nCOPY <<E{random.Next(9)} /x\n$a\nE{random.Next(9)}\n", random.Next(2_000))],
        _ => Inserted(bytes, Text(new string((char)random.Next(0x20, 0x3000), random.Next(50_000)))),
    };

    private byte[] Pick() => corpus[random.Next(corpus.Length)];

    private byte[] Flipped(byte[] bytes)
    {
        var copy = bytes.ToArray();
        for (var count = random.Next(8); count > 0 && copy.Length > 0; count--)
            copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return copy;
    }

    private byte[] Without(byte[] bytes)
    {
        var from = random.Next(bytes.Length + 1);
        return [.. bytes[..from], .. bytes[Math.Min(bytes.Length, from + random.Next(40))..]];
    }

    private byte[] LinesMoved(byte[] bytes)
    {
        var lines = Encoding.Latin1.GetString(bytes).Split('\n');
        random.Shuffle(lines);
        return Encoding.Latin1.GetBytes(string.Join('\n', lines));
    }

    private byte[] Inserted(byte[] bytes, byte[] more)
    {
        var at = random.Next(bytes.Length + 1);
        return [.. bytes[..at], .. more, .. bytes[at..]];
    }

    private static byte[] Repeated(string piece, int times) =>
        Text(string.Concat(Enumerable.Repeat(piece, Math.Min(times, Longest / Math.Max(1, piece.Length)))));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
