using System.CommandLine;

namespace Manifold.Cli;

/// <summary><c>--check</c>, and <c>--call check</c> as buildx has it.</summary>
internal sealed class CheckFlags
{
    private readonly Option<bool> check = new("--check") { Description = "Say what is wrong or doubtful about the Dockerfile, and build nothing." };
    private readonly Option<string?> call = new("--call") { Description = "check: the same as --check.", HelpName = "METHOD" };

    public static CheckFlags AddTo(Command command)
    {
        var flags = new CheckFlags();
        flags.call.CompletionSources.Add("check", "build");
        command.Add(flags.check);
        command.Add(flags.call);
        return flags;
    }

    /// <summary>True where nothing is to be built.</summary>
    public bool Read(ParseResult parsed) => parsed.GetValue(call) switch
    {
        null or "build" => parsed.GetValue(check),
        "check" or "lint" => true,
        "outline" or "targets" => throw new UsageException($"--call {parsed.GetValue(call)} is not supported. What the file says is shown by: manifold build --print=tree"),
        var other => throw new UsageException($"--call {other}: expected check or build."),
    };
}
