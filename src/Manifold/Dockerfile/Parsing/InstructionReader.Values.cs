using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Dockerfile.Parsing;

internal sealed partial class InstructionReader
{
    private FromInstruction ReadFrom(Part part)
    {
        var platform = part.Flags.One("platform");
        if (platform is var (flag, text) && !NeedsExpansion(text) && !Platform.TryParse(text, out _))
            Error(part, flag, $"'{text}' is not a platform", "Expected os/architecture[/variant], e.g. linux/arm64, or $BUILDPLATFORM.");
        var words = Word.SplitAtBlanks(part.Arguments);
        var named = words.Length == 3 && words[1].Text.Equals("AS", StringComparison.OrdinalIgnoreCase);
        if (words.IsEmpty)
            Error(part, "FROM needs an image", "FROM image [AS name]");
        else if (words is [_, var last] && last.Text.Equals("AS", StringComparison.OrdinalIgnoreCase))
            Error(part, last, $"{last.Text} must be followed by a name", "FROM image [AS name]");
        else if (words.Length != 1 && !named)
            Error(part, words[1], "FROM takes an image, optionally followed by AS and a name",
                words.Length == 3 ? Suggestion.For(words[1].Text, ["AS"]) ?? "FROM image [AS name]" : "FROM image [AS name]");
        if (named && !StageName().IsMatch(words[2].Text))
            Error(part, words[2], $"'{words[2].Text}' is not a stage name",
                "It must begin with a letter and contain only letters, digits and - _ .");
        return new FromInstruction
        {
            Source = part.Source,
            Platform = platform?.Value,
            StageName = named ? words[2].Text : null,
            Image = words.IsEmpty ? "" : words[0].Text, // after an error, so that what follows has its stage
        };
    }

    private ArgInstruction? ReadArg(Part part)
    {
        var words = Word.SplitQuoted(part.Arguments, escape);
        if (words.IsEmpty)
        {
            Error(part, "ARG needs a name", "ARG name[=default] …");
            return null;
        }
        var arguments = words.Select(word =>
        {
            var equals = word.Text.IndexOf('=', StringComparison.Ordinal);
            var argument = equals < 0 ? new Argument(word.Text, null) : new Argument(word.Text[..equals], word.Text[(equals + 1)..]);
            if (argument.Name.Length == 0)
                Error(part, word, "ARG needs a name before '='", "ARG name[=default] …");
            return argument;
        });
        return new ArgInstruction { Source = part.Source, Arguments = [.. arguments] };
    }

    private PairsInstruction? ReadPairs(Part part)
    {
        var words = Word.SplitQuoted(part.Arguments, escape);
        var legacy = !words.IsEmpty && !words[0].Text.Contains('=', StringComparison.Ordinal);
        ImmutableArray<KeyValue> pairs;
        if (words.IsEmpty)
        {
            Error(part, $"{part.Name} needs at least one argument", $"{part.Name} key=value …");
            return null;
        }
        if (legacy)
        {
            var key = Word.SplitAtBlanks(part.Arguments)[0];
            var rest = part.Arguments.From(key.Text.Length).Text.TrimStart();
            if (rest.Length == 0)
                Error(part, key, $"{part.Name} {key.Text} has no value", $"{part.Name} {key.Text}=value");
            pairs = [new KeyValue(key.Text, rest)];
        }
        else
            pairs = [.. words.Select(word => ReadPair(part, word))];
        return part.Name == "ENV"
            ? new EnvInstruction { Source = part.Source, Pairs = pairs, LegacyForm = legacy }
            : new LabelInstruction { Source = part.Source, Pairs = pairs, LegacyForm = legacy };
    }

    private KeyValue ReadPair(Part part, Word word)
    {
        var equals = word.Text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            Error(part, word, $"'{word.Text}' has no '='", "If a value contains spaces, put it in quotes: key=\"a value\".");
        else if (equals == 0)
            Error(part, word, $"{part.Name} needs a name before '='", $"{part.Name} key=value …");
        return equals < 0 ? new KeyValue(word.Text, "") : new KeyValue(word.Text[..equals], word.Text[(equals + 1)..]);
    }

    private ExposeInstruction? ReadExpose(Part part)
    {
        var words = Word.SplitAtBlanks(part.Arguments);
        if (words.IsEmpty)
        {
            Error(part, "EXPOSE needs at least one port", "EXPOSE port[-port][/tcp|udp|sctp] …");
            return null;
        }
        foreach (var word in words)
            if (!NeedsExpansion(word.Text) && ExposedPorts.Problem(word.Text) is { } problem)
                Error(part, word, problem, Suggestion.For(word.Text[(word.Text.LastIndexOf('/') + 1)..], ["tcp", "udp", "sctp"])
                    ?? "EXPOSE port[-port][/tcp|udp|sctp]");
        return new ExposeInstruction { Source = part.Source, Ports = [.. words.Select(word => word.Text)] };
    }

    private VolumeInstruction? ReadVolume(Part part)
    {
        if (!TryReadList(part, out var words))
            return null;
        foreach (var word in words.Where(word => string.IsNullOrWhiteSpace(word.Text)))
            Error(part, word, "VOLUME: a path is empty", "VOLUME /path …");
        if (words.IsEmpty)
            Error(part, "VOLUME needs at least one path", "VOLUME /path …");
        return words.IsEmpty ? null : new VolumeInstruction { Source = part.Source, Paths = [.. words.Select(word => word.Text.Trim())] };
    }

    /// <summary>WORKDIR, USER, STOPSIGNAL, MAINTAINER: the whole rest is one word, blanks and all.</summary>
    private Instruction? ReadText(Part part, Func<string, Instruction> make)
    {
        if (part.Arguments.Text.Length > 0)
            return make(part.Arguments.Text);
        Error(part, $"{part.Name} needs an argument", part.Name switch
        {
            "WORKDIR" => "WORKDIR /path",
            "USER" => "USER name[:group], or numbers",
            "STOPSIGNAL" => "STOPSIGNAL SIGTERM, or a number",
            _ => "LABEL org.opencontainers.image.authors=…",
        });
        return null;
    }

    /// <summary>Words as a JSON array or separated by blanks.</summary>
    private bool TryReadList(Part part, out ImmutableArray<Word> words)
    {
        var arguments = part.Arguments;
        var form = JsonArray.Read(arguments.Text, out var items);
        words = form == JsonArray.Form.Strings ? [.. items.Select(item => arguments with { Text = item })] : Word.SplitAtBlanks(arguments);
        if (form == JsonArray.Form.NotStrings)
            Error(part, arguments, "a JSON array of arguments can contain only strings", "Put each argument in double quotes.");
        return form != JsonArray.Form.NotStrings;
    }

    /// <summary>True where a word means something else than it says: it has a variable, a quote or an escape character.</summary>
    private bool NeedsExpansion(string text) => text.AsSpan().IndexOfAny(['$', '"', '\'', escape]) >= 0;

    [GeneratedRegex(@"^[a-z][a-z0-9-_.]*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex StageName();
}
