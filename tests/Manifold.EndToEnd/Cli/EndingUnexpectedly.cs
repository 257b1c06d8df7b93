using System.Collections.Immutable;
using Manifold.Cli;

namespace Manifold.EndToEnd.Cli;

/// <summary>Whatever is thrown, a person reads a sentence; a fault of ours has a number and a way to report it.</summary>
public sealed class EndingUnexpectedly : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task a_fault_is_told_with_a_number_and_how_to_report_it_and_without_a_trace()
    {
        var (code, error) = await Ending(() => throw new InvalidOperationException("a password: hunter2"), "images");
        Assert.Equal(1, code);
        Assert.Matches(
            @"^manifold: [^\n]* InvalidOperationException in Manifold\.\S+ \(fault [0-9a-f]{8}\)\.\n", error);
        Assert.Contains("Report it", error, StringComparison.Ordinal);
        Assert.Contains("--debug", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_same_fault_has_the_same_number_and_another_one_another()
    {
        var first = await Ending(() => throw new InvalidOperationException("a"), "images");
        var again = await Ending(() => throw new InvalidOperationException("b"), "images");
        var other = await Ending(() => throw new NotSupportedException("a"), "images");
        Assert.Equal(first.Error, again.Error);
        Assert.NotEqual(first.Error, other.Error);
    }

    [Theory, InlineData("images", "--debug"), InlineData("--debug", "images")]
    public async Task the_trace_is_there_for_whoever_asks(params string[] arguments)
    {
        var (_, error) = await Ending(() => throw new InvalidOperationException("boom"), arguments);
        Assert.Contains("   at Manifold.", error, StringComparison.Ordinal);
        Assert.Contains("boom", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_variable_asks_for_the_trace_too()
    {
        var (_, error) = await Ending(() => throw new InvalidOperationException("boom"),
            ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_DEBUG", "1"), "images");
        Assert.Contains("   at Manifold.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task of_several_failures_at_once_the_most_serious_that_is_known_counts()
    {
        var several = new AggregateException(new OperationCanceledException(), new IOException("a disk"),
            new AggregateException(new UsageException("a word"), new HostNotReadyException("a program is missing")));
        Assert.Equal((4, "manifold: a program is missing\n"), await Ending(() => throw several, "images"));
        Assert.Equal((130, "manifold: interrupted\n"),
            await Ending(() => throw new AggregateException(new OperationCanceledException(), new TaskCanceledException()), "images"));
        Assert.Equal((1, "manifold: a disk\n"),
            await Ending(() => throw new AggregateException(new OperationCanceledException(), new IOException("a disk")), "images"));
        Assert.Equal(1, (await Ending(() => throw new AggregateException(), "images")).Code);
    }

    // Builds on CI machines: a script removed the folder that it stands in.
    [Theory]
    [InlineData(2, "manifold: The store '", "inspect", "store:x")]
    [InlineData(2, "manifold: The context '.' is not a folder.", "build", ".")]
    [InlineData(1, "manifold: The working folder no longer exists.", "bake", "--print")]
    public async Task a_removed_working_folder_hides_no_message(int code, string message, params string[] arguments)
    {
        var gone = Directory.CreateDirectory(folder["gone"]).FullName;
        var result = await Tool.Try("env",
        [
            $"MANIFOLD_ROOT={folder["store"]}", "sh", "-c", "cd \"$1\" && rmdir \"$1\" && shift && exec \"$@\"", "sh", gone,
            .. OurProgram.Words, .. arguments,
        ]);
        Assert.StartsWith(message, result.Error, StringComparison.Ordinal);
        Assert.Equal(code, result.ExitCode);
    }

    [Fact]
    public async Task help_names_the_flag()
    {
        var (_, output, _) = await Commanding.Manifold(folder, "build", "--help");
        Assert.Contains("--debug", output, StringComparison.Ordinal);
        Assert.Contains("MANIFOLD_DEBUG", output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Error)> Ending(Action begin, params string[] arguments) =>
        Ending(begin, ImmutableSortedDictionary<string, string>.Empty, arguments);

    private async Task<(int Code, string Error)> Ending(Action begin, ImmutableSortedDictionary<string, string> environment,
        params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = await CommandTree.RunAsync(new CliContext
        {
            Environment = environment.SetItem("MANIFOLD_ROOT", folder["store"]),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
            Begin = _ =>
            {
                begin();
                return Task.CompletedTask;
            },
        }, arguments);
        return (code, error.ToString());
    }
}
