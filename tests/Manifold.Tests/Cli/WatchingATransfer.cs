using System.Collections.Immutable;
using Manifold.Cli;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Tests.Cli;

public sealed class WatchingATransfer : IDisposable
{
    private static readonly Descriptor Layer = new() { MediaType = MediaType.LayerGzip, Digest = Digest.Of("layer"u8), Size = 61_300_000 };

    private readonly StringWriter error = new();

    public void Dispose() => error.Dispose();

    [Fact]
    public void a_terminal_shows_how_far_a_blob_is_before_it_is_there()
    {
        Send(interactive: true, done: false);
        Assert.Equal("\r\e[K1 blob on the way: 12.5 MB of 61.3 MB\r", error.ToString());
    }

    [Fact]
    public void the_status_makes_way_for_the_line_of_what_is_done()
    {
        Send(interactive: true, done: false);
        Send(interactive: true, done: true);
        Assert.EndsWith($"\r\e[K{Layer.Digest.Short}    61.3 MB  pulled{Environment.NewLine}", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void a_log_has_nothing_but_lines()
    {
        Send(interactive: false, done: false);
        Send(interactive: false, done: true);
        Assert.Equal($"{Layer.Digest.Short}    61.3 MB  pulled{Environment.NewLine}", error.ToString());
    }

    private void Send(bool interactive, bool done)
    {
        var context = new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty,
            Out = TextWriter.Null,
            Error = error,
            Time = TimeProvider.System,
            Interactive = interactive,
        };
        new TransferLines(context).Report(new TransferProgress(ImageReference.Parse("app:1"), Layer, done ? Layer.Size : 12_500_000, done));
    }
}
