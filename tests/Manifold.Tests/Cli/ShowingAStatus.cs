using System.Collections.Immutable;
using Manifold.Cli;

namespace Manifold.Tests.Cli;

public sealed class ShowingAStatus
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Speech said = new();
    private readonly ManualTime time = new();

    [Fact]
    public async Task the_line_appears_after_a_second_and_is_removed()
    {
        await using (new StatusLine(Context(), () => "Read 3 of 5 tags\n\e[2J"))
        {
            time.Advance(Patience);
            await said.Says("Read 3 of 5 tags");
        }
        Assert.EndsWith("\r\e[K", said.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said.ToString());
        Assert.DoesNotContain("\e[2J", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_line_is_written_again_in_place()
    {
        var count = 0;
        await using (new StatusLine(Context(), () => $"Read {Interlocked.Increment(ref count)} tags"))
        {
            time.Advance(Patience);
            await Eventually.Is(() =>
            {
                time.Advance(StatusLine.Pace);
                return said.ToString().Contains("\r\e[KRead 1 tags\r\r\e[KRead 2 tags\r", StringComparison.Ordinal);
            });
        }
    }

    [Fact]
    public async Task a_narrow_terminal_does_not_wrap_the_line()
    {
        await using (new StatusLine(Context() with { ErrorSize = () => (10, 24) }, () => "Read 3 of 5 tags"))
        {
            time.Advance(Patience);
            await said.Says("Read 3 o…");
        }
        Assert.DoesNotContain("Read 3 of", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_takes_less_than_a_second_leaves_no_line()
    {
        await using (new StatusLine(Context(), () => "never"))
        {
            time.Advance(Patience - TimeSpan.FromTicks(1));
            Assert.True(time.HasAlarm); // it still waits
        }
        Assert.Empty(said.ToString());
    }

    [Theory]
    [InlineData(false, true)] // a log
    [InlineData(true, false)] // the tree of a build is there already
    public async Task without_a_line_to_write_over_nothing_is_written(bool interactive, bool hasStatusLine)
    {
        var hurried = new ManualTime(hurry: Patience);
        var context = Context() with { Time = hurried, Interactive = interactive, HasStatusLine = hasStatusLine };
        await using (new StatusLine(context, () => "never"))
            Assert.Empty(hurried.Waits); // it does not even wait
        StatusLine.Clear(context);
        Assert.Empty(said.ToString());
    }

    private CliContext Context() => new()
    {
        Environment = ImmutableSortedDictionary<string, string>.Empty,
        Out = TextWriter.Null,
        Error = said,
        Time = time,
        Interactive = true,
    };
}
