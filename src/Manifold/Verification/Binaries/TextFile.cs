using Manifold.Linux;

namespace Manifold.Verification.Binaries;

/// <summary>A small file whose text counts: where the loader looks for libraries, and what supervisord starts.</summary>
internal sealed record TextFile(string Text) : FileFacts
{
    internal const string LoaderConfig = "etc/ld.so.conf", Preload = "etc/ld.so.preload", LoaderConfigFolder = "etc/ld.so.conf.d",
        MuslFolder = "etc", MuslPrefix = "ld-musl-", MuslSuffix = ".path";

    // The sample that supervisord writes has ten kilobytes.
    private const int MostBytes = 64 * 1024;

    internal static bool Wants(string path) => IsOfLoader(path) || IsOfSupervisor(path);

    // The loader's files have a few lines; what is longer than the window's begin is none of them.
    internal static TextFile Read(string path, ByteWindow window) =>
        new(IsOfLoader(path) ? FileName.Decode(window.Start) : window.Text(MostBytes));

    private static bool IsOfLoader(string path) => path.StartsWith("etc/ld", StringComparison.Ordinal)
        && (path is LoaderConfig or Preload || path.StartsWith(LoaderConfigFolder + "/", StringComparison.Ordinal)
            || path.EndsWith(MuslSuffix, StringComparison.Ordinal));

    private static bool IsOfSupervisor(string path) =>
        (path.EndsWith(".conf", StringComparison.Ordinal) || path.EndsWith(".ini", StringComparison.Ordinal))
        && path.Contains("supervisor", StringComparison.Ordinal);
}
