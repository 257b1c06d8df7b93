using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.Tests.Support;

/// <summary>Entries of layers, and folders that are made of them.</summary>
internal static class FileTrees
{
    internal static IReadOnlyList<LayerEntry> Entries(string folder) => [.. new FolderReader(folder, FolderFormat.Plain).Entries()];

    /// <summary>Writes a tar of entries in the order and with the times that they have.</summary>
    internal static string WriteTar(string path, IEnumerable<LayerEntry> entries)
    {
        using var file = File.Create(path);
        var writer = new TarWriter(file);
        foreach (var entry in entries)
            writer.Write(entry);
        writer.Finish();
        return path;
    }

    internal static UnpackedFolder Unpack(string tar, string folder, FolderFormat format = FolderFormat.Plain)
    {
        using var file = File.OpenRead(tar);
        return new FolderWriter(folder, format).Write(new TarReader(file, Path.GetFileName(tar)).Entries());
    }

    internal static LayerEntry FileEntry(string path, string content = "content", FileTime modified = default) => new()
    {
        Path = path,
        Kind = EntryKind.File,
        Mode = 0b110_100_100,
        Modified = modified,
        Size = content.Length,
        Open = () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)),
    };

    internal static LayerEntry FolderEntry(string path) => new() { Path = path, Kind = EntryKind.Folder, Mode = 0b111_101_101 };
}
