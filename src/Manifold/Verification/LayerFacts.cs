using System.IO.Compression;
using System.Text.Json;
using Manifold.Layers;

namespace Manifold.Verification;

/// <summary>All that the gate needs of a layer, so that it can check an image whose layers are elsewhere.</summary>
internal sealed record LayerFacts(TableOfContents Contents, LayerCensus Census)
{
    /// <summary>Returns the facts for another machine with the same version of the program.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var packed = new GZipStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
        using (var buffer = new BufferedStream(packed))
        using (var writer = new BinaryWriter(buffer))
        {
            var census = JsonSerializer.SerializeToUtf8Bytes(Census, VerificationJson.Default.LayerCensus);
            writer.Write(census.Length);
            writer.Write(census);
            writer.Flush();
            Contents.Save(buffer);
        }
        return bytes.ToArray();
    }

    /// <summary>Returns null if the stream is damaged, or another kind of file.</summary>
    public static LayerFacts? TryRead(Stream stream)
    {
        try
        {
            using var packed = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            using var buffer = new BufferedStream(packed);
            using var reader = new BinaryReader(buffer);
            var length = reader.ReadInt32();
            if (length is < 0 or > Limits.CensusBytes)
                return null;
            var census = JsonSerializer.Deserialize(reader.ReadBytes(length), VerificationJson.Default.LayerCensus);
            return census is not null && TableOfContents.TryLoad(buffer) is { } contents ? new LayerFacts(contents, census) : null;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException)
        {
            return null;
        }
    }
}
