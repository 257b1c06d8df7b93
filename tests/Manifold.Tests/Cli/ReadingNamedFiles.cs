using System.Collections.Immutable;
using Manifold.Cli;

namespace Manifold.Tests.Cli;

/// <summary>Files that a command line names, with a FIFO in their place, or more than anybody writes.</summary>
public sealed class ReadingNamedFiles : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task a_record_that_is_a_fifo_is_not_waited_for()
    {
        await SystemProgram.Run("mkfifo", folder["record.json"]);
        var (code, _, error) = await Task.Run(() => Commanding.Manifold(folder, "report", folder["record.json"])).WaitAsync(Patience);
        Assert.Equal((1, $"manifold: '{folder["record.json"]}' is a FIFO, not a file.\n"), (code, error));
    }

    [Fact]
    public async Task a_key_that_is_a_fifo_is_not_waited_for()
    {
        await SystemProgram.Run("mkfifo", folder["key"]);
        var refusal = await Assert.ThrowsAsync<IOException>(() => Task.Run(() => Read("key")).WaitAsync(Patience));
        Assert.Equal($"'{folder["key"]}' is a FIFO, not a file.", refusal.Message);
    }

    [Fact]
    public void a_key_without_end_is_refused()
    {
        File.WriteAllBytes(folder["key"], new byte[Limits.DocumentBytes + 1]);
        Assert.Contains("is larger than", Assert.Throws<IOException>(() => Read("key")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_key_may_begin_with_a_byte_order_mark()
    {
        File.WriteAllBytes(folder["key"], [0xEF, 0xBB, 0xBF, (byte)'k']);
        Assert.Equal("k", Read("key"));
    }

    private string Read(string name) => KeyText.Read(new CliContext
    {
        Environment = ImmutableSortedDictionary<string, string>.Empty,
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        Time = TimeProvider.System,
        Interactive = false,
    }, folder[name]);
}
