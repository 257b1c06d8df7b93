using System.Collections.Immutable;

namespace Manifold.Dockerfile.Parsing;

/// <summary>The flags of one instruction. Every flag that is not asked for is reported by <see cref="Finish"/>.</summary>
internal sealed class FlagReader(InstructionLine instruction, DiagnosticList diagnostics)
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <summary>The value of a flag that may stand once, or null.</summary>
    public string? Text(string name) => One(name)?.Value;

    /// <summary>The values of a flag that may stand several times, with their words.</summary>
    public IEnumerable<(Word Word, string Value)> All(string name)
    {
        known.Add(name);
        foreach (var (word, value) in Named(name))
        {
            if (value is null)
                diagnostics.Error(instruction.Line, word, $"--{name} needs a value: --{name}=…");
            else
                yield return (word, value);
        }
    }

    /// <summary>True for <c>--name</c> and <c>--name=true</c>; null where it was not given.</summary>
    public bool? Bool(string name)
    {
        known.Add(name);
        bool? result = null;
        foreach (var (word, value) in Once(name))
        {
            result = value?.ToLowerInvariant() switch { null or "true" => true, "false" => false, _ => null };
            if (result is null)
                diagnostics.Error(instruction.Line, word, $"--{name}={value}: expected true or false");
        }
        return result;
    }

    /// <summary>A flag that may stand once and needs a value, with its word for messages.</summary>
    public (Word Word, string Value)? One(string name)
    {
        known.Add(name);
        foreach (var (word, value) in Once(name))
        {
            if (value is not null)
                return (word, value);
            diagnostics.Error(instruction.Line, word, $"--{name} needs a value: --{name}=…");
        }
        return null;
    }

    /// <summary>Reports the flags that nobody asked for.</summary>
    public void Finish()
    {
        foreach (var word in instruction.Flags)
        {
            if (diagnostics.IsFull)
                return;
            var name = Parse(word).Name;
            if (!known.Contains(name))
                diagnostics.Error(instruction.Line, word, $"{instruction.Name} has no flag --{name}", HintFor(name));
        }
    }

    public static InstructionFlag Parse(Word word)
    {
        var text = word.Text[2..];
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? new InstructionFlag(text, null) : new InstructionFlag(text[..equals], text[(equals + 1)..]);
    }

    private string? HintFor(string name) => (instruction.Name, name) switch
    {
        ("ADD", "from") => "To copy from a stage or an image, use COPY --from.",
        _ => Suggestion.For(name, known) is { } hint ? hint.Replace("mean ", "mean --", StringComparison.Ordinal) : Known(),
    };

    private string? Known() => known.Count == 0
        ? $"{instruction.Name} has no flags."
            + (instruction.Name is "CMD" or "ENTRYPOINT" ? " If the command begins with --, write it as a JSON array." : "")
        : $"Flags of {instruction.Name}: {string.Join(", ", known.Order(StringComparer.Ordinal).Select(each => "--" + each))}";

    private IEnumerable<(Word Word, string? Value)> Named(string name) =>
        instruction.Flags.Select(word => (Word: word, Flag: Parse(word))).Where(each => each.Flag.Name == name)
            .Select(each => (each.Word, each.Flag.Value));

    private ImmutableArray<(Word Word, string? Value)> Once(string name)
    {
        ImmutableArray<(Word Word, string? Value)> found = [.. Named(name)];
        foreach (var (word, _) in found.Skip(1))
            diagnostics.Error(instruction.Line, word, $"--{name} is given twice");
        return found.IsEmpty ? found : [found[0]];
    }
}
