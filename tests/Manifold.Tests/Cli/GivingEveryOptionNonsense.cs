using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Cli;

namespace Manifold.Tests.Cli;

/// <summary>
/// Every option and argument of every command, with values that nobody means:
/// a sentence each time, and never a fault of ours.
/// </summary>
/// <remarks>The build fails before anything is written: its Dockerfile copies what is not there.</remarks>
public sealed class GivingEveryOptionNonsense : IDisposable
{
    // These change the machine, write to any folder, ask for a password, or run until they are stopped.
    private static readonly string[] Left = ["emulators", "doctor", "serve", "login", "logout", "completion", "version", "man"];

    private static readonly string[] Values = ["", " ", "-1", "99999999999999999999", "9223372036854775807", "\u202e\e[2J", "=,",
        "type=", "é\ufffd"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Commands => [.. Leaves(Root(""), "").Select(leaf => leaf.Path)];

    [Theory, MemberData(nameof(Commands))]
    public async Task a_sentence_is_all_that_comes(string path)
    {
        folder.Write("context/Dockerfile", "FROM scratch\nCOPY missing /\n");
        var command = Leaves(Root(folder["store"]), "").Single(leaf => leaf.Path == path).Command;
        string[] words = [.. path.Split(' '),
            .. command.Arguments.Where(argument => argument.Arity.MinimumNumberOfValues > 0 || command.Name == "build")
                .Select(_ => command.Name is "build" or "plan" ? folder["context"] : "?")];
        foreach (var value in Values)
        {
            foreach (var option in command.Options.Where(option => option.ValueType != typeof(bool)))
                await RunAsync([.. words, $"{option.Name}={value}"]);
            if (command.Arguments.Count > 0)
                await RunAsync([.. path.Split(' '), .. command.Arguments.Select(_ => value)]);
        }
    }

    [Theory]
    [InlineData("99999999999999999999")]
    [InlineData("9223372036854775807")]
    [InlineData("253402300800")] // the year 10000
    [InlineData("-62135596801")] // before the year 1
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData(" ")]
    public async Task a_time_that_cannot_be_is_told_so(string epoch)
    {
        folder.Write("context/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        await RunAsync(["build", folder["context"]], ImmutableSortedDictionary<string, string>.Empty.Add("SOURCE_DATE_EPOCH", epoch));
    }

    private static RootCommand Root(string store) => CommandTree.Create(new CliContext
    {
        Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", store),
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        Time = TimeProvider.System,
        Interactive = false,
    });

    private static IEnumerable<(string Path, Command Command)> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [(path, command)]
        : command.Subcommands.Where(below => path.Length > 0 || !Left.Contains(below.Name))
            .SelectMany(below => Leaves(below, $"{path} {below.Name}".Trim()));

    private async Task RunAsync(string[] arguments, ImmutableSortedDictionary<string, string>? environment = null)
    {
        using StringWriter output = new(), error = new();
        await CommandTree.RunAsync(new CliContext
        {
            Environment = (environment ?? ImmutableSortedDictionary<string, string>.Empty)
                .SetItem("MANIFOLD_ROOT", folder["store"]).Add("MANIFOLD_DEBUG", "1"),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
            OpenInput = () => new MemoryStream(),
            OpenOutput = () => Stream.Null,
            In = TextReader.Null,
        }, arguments);
        Assert.False(error.ToString().Contains("(fault ", StringComparison.Ordinal), $"{string.Join(' ', arguments)}: {error}");
        Assert.DoesNotContain("System.", error.ToString().Split("   at ")[0].Split("Exception")[0], StringComparison.Ordinal);
    }
}
