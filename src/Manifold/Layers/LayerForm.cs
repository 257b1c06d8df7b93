using System.Globalization;

namespace Manifold.Layers;

/// <summary>How a layer's blob is made of its tar. The same tar in the same form gives the same blob.</summary>
/// <param name="Level">How hard the compressor tries; null is the level that Manifold takes by itself
/// (docs/decisions/0007-compression.md).</param>
internal sealed record LayerForm(LayerCompression Compression, int? Level = null)
{
    public static LayerForm Default { get; } = new(LayerCompression.Gzip);

    /// <summary>The form's name in cache records: <c>gzip</c>, <c>zstd-19</c>.</summary>
    public string Name { get; } =
        NameOf(Compression) + (Level is { } level ? string.Create(CultureInfo.InvariantCulture, $"-{level}") : "");

    /// <summary>Reads what <c>compression=</c> says.</summary>
    /// <exception cref="FormatException">It names none that is made here.</exception>
    public static LayerCompression ParseCompression(string text) => text switch
    {
        "gzip" => LayerCompression.Gzip,
        "zstd" => LayerCompression.Zstd,
        "uncompressed" => LayerCompression.None,
        "estargz" => throw new FormatException("compression 'estargz' is not supported: it only helps runtimes that pull lazily. "
            + "Use gzip or zstd."),
        _ => throw new FormatException($"unknown compression '{text}'. Expected gzip, zstd or uncompressed."),
    };

    /// <exception cref="FormatException">There is no such level.</exception>
    public static LayerForm Of(LayerCompression compression, string? level)
    {
        if (level is null)
            return new LayerForm(compression);
        var most = compression switch { LayerCompression.Gzip => 9, LayerCompression.Zstd => 22, _ => 0 };
        if (most == 0)
            throw new FormatException("an uncompressed layer has no compression level.");
        if (!int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1 || number > most)
            throw new FormatException($"compression level '{level}': expected a number from 1 to {most} for {NameOf(compression)}.");
        return new LayerForm(compression, number);
    }

    /// <summary>Reads <see cref="Name"/>; null where it is none.</summary>
    public static LayerForm? FromName(string name)
    {
        try
        {
            return name.Split('-', 2) is [var compression, var level]
                ? Of(ParseCompression(compression), level)
                : new LayerForm(ParseCompression(name));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public override string ToString() => Name;

    private static string NameOf(LayerCompression compression) => compression switch
    {
        LayerCompression.Gzip => "gzip",
        LayerCompression.Zstd => "zstd",
        _ => "uncompressed",
    };
}

/// <summary>The forms of one image's layers.</summary>
/// <param name="Own">Of the layers that the build makes.</param>
/// <param name="BasesToo">A base's layers get it as well where their compression is another; else they stay as their registry has
/// them.</param>
internal sealed record LayerPolicy(LayerForm Own, bool BasesToo = false)
{
    public static LayerPolicy Default { get; } = new(LayerForm.Default);
}
