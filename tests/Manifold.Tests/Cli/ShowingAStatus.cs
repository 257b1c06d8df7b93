using System.Collections.Immutable;
using Manifold.Cli;

namespace Manifold.Tests.Cli;

public sealed class ShowingAStatus
{
    [Fact]
    public async Task the_line_appears_after_a_second_and_is_removed()
    {
        var said = new Speech();
        await using (new StatusLine(Context(said, interactive: true), () => "Read 3 of 5 tags\n\e[2J"))
            await said.Says("Read 3 of 5 tags");
        Assert.EndsWith("\r\e[K", said.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said.ToString());
        Assert.DoesNotContain("\e[2J", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_narrow_terminal_does_not_wrap_the_line()
    {
        var said = new Speech();
        await using (new StatusLine(Context(said, interactive: true) with { ErrorSize = () => (10, 24) }, () => "Read 3 of 5 tags"))
            await said.Says("Read 3 o…");
        Assert.DoesNotContain("Read 3 of", said.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task what_is_done_at_once_and_what_no_terminal_shows_leaves_no_line(bool interactive)
    {
        var said = new Speech();
        await using (new StatusLine(Context(said, interactive), () => "never"))
            await Task.Yield();
        Assert.Empty(said.ToString());
    }

    private static CliContext Context(Speech said, bool interactive) => new()
    {
        Environment = ImmutableSortedDictionary<string, string>.Empty, Out = TextWriter.Null, Error = said, Time = TimeProvider.System,
        Interactive = interactive,
    };
}
