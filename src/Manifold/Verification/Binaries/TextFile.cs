using System.Text;

namespace Manifold.Verification.Binaries;

/// <summary>A small file whose text counts: where the loader looks for libraries.</summary>
public sealed record TextFile(string Text) : FileFacts
{
    internal const string LoaderConfig = "etc/ld.so.conf", Preload = "etc/ld.so.preload", LoaderConfigFolder = "etc/ld.so.conf.d",
        MuslFolder = "etc", MuslPrefix = "ld-musl-", MuslSuffix = ".path";

    internal static bool Wants(string path) => path.StartsWith("etc/ld", StringComparison.Ordinal)
        && (path is LoaderConfig or Preload || path.StartsWith(LoaderConfigFolder + "/", StringComparison.Ordinal)
            || path.EndsWith(MuslSuffix, StringComparison.Ordinal));

    // These files have a few lines; what is longer than the window's begin is none of them.
    internal static TextFile Read(ByteWindow window) => new(Encoding.UTF8.GetString(window.Start));
}
