using System.CommandLine;

namespace Manifold.Cli;

/// <summary><c>--check</c>, and <c>--call check</c> as buildx has it.</summary>
internal sealed class CheckFlags
{
    private readonly Option<bool> check = new("--check")
    {
        Description = "Report errors and warnings in the Dockerfile, without building.",
    };
    private readonly Option<string?> call = new("--call")
    {
        Description = "The same as --check, in the form that buildx uses: --call check.",
        HelpName = "METHOD",
    };

    public static CheckFlags AddTo(Command command)
    {
        var flags = new CheckFlags();
        flags.call.CompletionSources.Add("check", "build");
        command.Add(flags.check);
        command.Add(flags.call);
        return flags;
    }

    /// <summary>True where nothing is to be built.</summary>
    /// <exception cref="UsageException">The method is not known, or not available.</exception>
    public bool Read(ParseResult parsed) => Method(parsed) switch
    {
        null or "" or "build" => parsed.GetValue(check),
        "check" or "lint" => true,
        "outline" or "targets" => throw new UsageException($"--call {Method(parsed)} is not available. "
            + "To see the stages, arguments and mounts of the file, run: manifold build --print=tree"),
        var other => throw new UsageException($"--call {other}: expected check or build."),
    };

    /// <summary>Whether findings are wanted as JSON: <c>--call check,format=json</c>.</summary>
    /// <exception cref="UsageException">A field is not known.</exception>
    public bool WantsJson(ParseResult parsed)
    {
        var fields = (parsed.GetValue(call) ?? "").Split(',').Where(field => field.Contains('=', StringComparison.Ordinal)).ToList();
        if (fields.Find(field => field is not ("format=json" or "format=text" or "format=lint")) is { } other)
            throw new UsageException($"--call {parsed.GetValue(call)}: '{other}' is not supported. Expected format=json or format=text.");
        return fields.Contains("format=json");
    }

    private string? Method(ParseResult parsed) =>
        parsed.GetValue(call)?.Split(',').FirstOrDefault(field => !field.Contains('=', StringComparison.Ordinal));
}
