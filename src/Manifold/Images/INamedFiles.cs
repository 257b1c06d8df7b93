using Manifold.Linux;

namespace Manifold.Images;

/// <summary>The files of a layout by their paths, whether they lie in a folder or in a tar.</summary>
/// <remarks>Thread-safe: blobs are read in parallel.</remarks>
internal interface INamedFiles : IDisposable
{
    /// <summary>For messages: "the folder 'x'", "the archive 'x.tar'".</summary>
    string Place { get; }

    /// <summary>A file from its begin, owned by the caller; its <see cref="Stream.Length"/> is known. Null where there is none.</summary>
    Stream? TryOpen(string path);
}

/// <summary>The files below a folder; links lead nowhere else.</summary>
internal sealed class FolderFiles(string folder) : INamedFiles
{
    private readonly ForeignFolder files = new(folder);

    public string Place => $"the folder '{folder}'";

    public Stream? TryOpen(string path) => files.TryOpen(path);

    public void Dispose()
    {
    }
}
