using System.Text;
using Manifold.Linux;

namespace Manifold.Tests.Support;

/// <summary>Files whose names are not UTF-8.</summary>
internal static class NamesOfBytes
{
    internal const string Latin1 = "caf\udce9", OtherLatin1 = "caf\udce8";

    /// <summary>Writes a file that the platform's own calls cannot name.</summary>
    internal static void Write(string folder, string name, string content)
    {
        MakeFolder(folder);
        using var parent = DirectoryHandle.Open(folder);
        using var file = new FileStream(parent.TryCreateFile(name)!, FileAccess.Write);
        file.Write(Encoding.UTF8.GetBytes(content));
    }

    private static void MakeFolder(string path)
    {
        if (DirectoryHandle.StatusOf(path) is not null)
            return;
        MakeFolder(Path.GetDirectoryName(path)!);
        using var parent = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
        parent.TryCreateFolder(Path.GetFileName(path), 0b111_101_101);
    }
}
