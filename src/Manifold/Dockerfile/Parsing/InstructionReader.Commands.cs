using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Dockerfile.Parsing;

internal sealed partial class InstructionReader
{
    private RunInstruction ReadRun(Part part)
    {
        var mounts = part.Flags.All("mount").Select(flag => ReadMount(part, flag.Word, flag.Value)).OfType<RunMount>().ToImmutableArray();
        var network = ReadChoice(part, "network", RunNetwork.Default);
        var security = ReadChoice(part, "security", RunSecurity.Sandbox);
        var command = ReadCommand(part, part.Arguments);
        // RUN alone is the shell with nothing to do, as in BuildKit; [] has no shell.
        if (command is { IsExec: true, Words.IsEmpty: true } && JsonArray.Read(part.Arguments.Text, out _) != JsonArray.Form.NotStrings)
            Error(part, "RUN needs a command", "RUN command, or RUN [\"program\", \"argument\"]");
        return new RunInstruction
        {
            Source = part.Source,
            Command = command,
            Heredocs = part.Heredocs,
            Mounts = mounts,
            Network = network,
            Security = security,
        };
    }

    private RunMount? ReadMount(Part part, Word flag, string value)
    {
        if (RunMount.TryParse(value, null, out var mount, out var error))
            return mount;
        // The field that is meant, where the flag is written without quotes.
        var at = error.Field is { Length: > 0 } field
            ? part.Instruction.Line.Text.IndexOf(field, flag.Start, flag.Length, StringComparison.OrdinalIgnoreCase)
            : -1;
        Error(part, at < 0 ? flag : new Word(error.Field!, at, error.Field!.Length), error.Message, error.Hint);
        return null;
    }

    private T ReadChoice<T>(Part part, string name, T otherwise) where T : struct, Enum
    {
        if (part.Flags.One(name) is not var (flag, value))
            return otherwise;
        var names = Enum.GetNames<T>().Select(each => each.ToLowerInvariant()).ToArray();
        if (Array.IndexOf(names, value) is var index and >= 0)
            return Enum.GetValues<T>()[index];
        Error(part, flag, $"--{name}={value}: expected {string.Join(", ", names)}", Suggestion.For(value, names));
        return otherwise;
    }

    /// <summary>A JSON array is the exec form; what only looks like one is the shell form, as everywhere.</summary>
    private CommandLine ReadCommand(Part part, Word arguments)
    {
        var form = JsonArray.Read(arguments.Text, out var items);
        if (form == JsonArray.Form.NotStrings)
            Error(part, arguments, "a JSON array of arguments can contain only strings", "Put each argument in double quotes.");
        return form != JsonArray.Form.NotJson
            ? new CommandLine { IsExec = true, Words = items }
            : new CommandLine { IsExec = false, Words = arguments.Text.Length == 0 ? [] : [arguments.Text] };
    }

    private ShellInstruction? ReadShell(Part part)
    {
        var command = ReadCommand(part, part.Arguments);
        if (command is { IsExec: true, Words.IsEmpty: false })
            return new ShellInstruction { Source = part.Source, Words = command.Words };
        if (JsonArray.Read(part.Arguments.Text, out _) == JsonArray.Form.NotStrings)
            return null;
        Error(part, "SHELL needs a JSON array of at least one word", "SHELL [\"/bin/bash\", \"-c\"]");
        return null;
    }

    private HealthcheckInstruction? ReadHealthcheck(Part part)
    {
        var words = Word.SplitAtBlanks(part.Arguments);
        var type = words.IsEmpty ? "" : words[0].Text.ToUpperInvariant();
        if (type is not ("NONE" or "CMD"))
        {
            Error(part, words.IsEmpty ? part.Instruction.Keyword : words[0],
                words.IsEmpty ? "HEALTHCHECK needs NONE or CMD" : $"HEALTHCHECK takes CMD or NONE, not {words[0].Text}",
                "HEALTHCHECK [flags] CMD command, or NONE");
            return null;
        }
        var check = new HealthcheckInstruction
        {
            Source = part.Source,
            Test = null,
            Interval = ReadDuration(part, "interval"),
            Timeout = ReadDuration(part, "timeout"),
            StartPeriod = ReadDuration(part, "start-period"),
            StartInterval = ReadDuration(part, "start-interval"),
            Retries = ReadRetries(part),
        };
        if (type == "NONE")
        {
            if (words.Length > 1)
                Error(part, words[1], "HEALTHCHECK NONE takes no arguments", "HEALTHCHECK CMD command, or NONE alone");
            return check;
        }
        var skipped = words[0].Length;
        var rest = part.Arguments.From(skipped);
        rest = rest.From(rest.Text.Length - rest.Text.TrimStart().Length);
        var test = ReadCommand(part, rest);
        if (test.Words.IsEmpty && JsonArray.Read(rest.Text, out _) != JsonArray.Form.NotStrings)
            Error(part, words[0], "HEALTHCHECK CMD needs a command", "HEALTHCHECK [flags] CMD command");
        return check with { Test = test };
    }

    private int ReadRetries(Part part)
    {
        if (part.Flags.One("retries") is not var (flag, text) || text.Length == 0)
            return 0;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var retries))
            Error(part, flag, $"--retries={text}: expected a number");
        return retries;
    }

    private long ReadDuration(Part part, string name)
    {
        const long shortest = 1_000_000;
        if (part.Flags.One(name) is not var (flag, text) || text.Length == 0)
            return 0;
        if (!GoDuration.TryParse(text, out var nanoseconds))
            Error(part, flag, $"--{name}={text}: expected a duration, e.g. 30s or 1m30s",
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? $"Did you mean {text}s?" : null);
        else if (nanoseconds != 0 && nanoseconds < shortest)
            Error(part, flag, $"--{name}={text}: the shortest duration is 1ms");
        return nanoseconds;
    }

    private OnbuildInstruction? ReadOnbuild(Part part, int next)
    {
        var inner = InstructionLine.Split(part.Instruction.Line, part.Arguments);
        if (inner.Name.Length == 0)
        {
            Error(part, "ONBUILD needs an instruction", "ONBUILD RUN command");
            return null;
        }
        if (inner.Name is "ONBUILD" or "FROM" or "MAINTAINER")
        {
            Error(part, inner.Keyword, $"{inner.Name} cannot be an ONBUILD trigger",
                "Use any instruction except FROM, MAINTAINER and ONBUILD.");
            return null;
        }
        if (Read(inner, part.Heredocs, next) is not { } trigger)
            return null;
        var heredocs = part.Heredocs.Select(each => $"\n{each.Content}{each.Name}");
        return new OnbuildInstruction
        {
            Source = part.Source,
            Trigger = trigger,
            Expression = part.Arguments.Text
                + string.Concat(heredocs),
        };
    }
}
