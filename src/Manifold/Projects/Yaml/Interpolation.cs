using System.Text;

namespace Manifold.Projects.Yaml;

/// <summary>Replaces variables in the values of a file, as compose does: <c>$V ${V} ${V:-d} ${V-d} ${V:?m} ${V?m} ${V:+x} ${V+x} $$</c>.</summary>
/// <remarks>
/// Keys stay as they are, and values of variables are not looked at again. A variable without value is empty, with a warning.
/// Source: the Compose specification, "Interpolation".
/// </remarks>
/// <param name="lookup">The value of a variable, or null where it is not set.</param>
internal sealed class Interpolation(FileFaults faults, Func<string, string?> lookup)
{
    private HashSet<string> Unset { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The same, with variables that hide those of the environment.</summary>
    public Interpolation With(IReadOnlyDictionary<string, string> variables) =>
        new(faults, name => variables.GetValueOrDefault(name) ?? lookup(name)) { Unset = Unset };

    public YamlNode Apply(YamlNode node) => node switch
    {
        YamlScalar scalar => scalar.Text.Contains('$', StringComparison.Ordinal) ? Apply(scalar) : scalar,
        YamlList list => list with { Items = [.. list.Items.Select(Apply)] },
        YamlMap map => Apply(map),
        _ => node,
    };

    /// <summary>Also for a map of the file itself, whose extension fields stay as they are.</summary>
    public YamlMap Apply(YamlMap map) =>
        map with { Entries = [.. map.Entries.Select(entry => entry with { Value = IsExtension(entry) ? entry.Value : Apply(entry.Value) })] };

    private YamlScalar Apply(YamlScalar scalar)
    {
        try
        {
            return scalar with { Text = Expand(scalar, scalar.Text, 0) };
        }
        catch (FormatException e)
        {
            faults.Add(scalar.Place, e.Message, e.Message.Contains("$$", StringComparison.Ordinal) ? null : "A dollar that is meant as one is written $$.");
            return scalar with { Text = "" };
        }
    }

    // x-bake is read, the others are free.
    private static bool IsExtension(YamlEntry entry) => entry.Key.Text.StartsWith("x-", StringComparison.Ordinal) && entry.Key.Text != "x-bake";

    private string Expand(YamlScalar scalar, string text, int depth)
    {
        if (depth > Limits.ExpansionDepth)
            throw new FormatException($"variables are nested more than {Limits.ExpansionDepth} deep.");
        var result = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] != '$')
            {
                result.Append(text[at++]);
                continue;
            }
            at++;
            if (at < text.Length && text[at] == '$')
                result.Append(text[at++]);
            else if (at < text.Length && text[at] == '{')
            {
                var end = ClosingBrace(text, at);
                result.Append(Braced(scalar, text[(at + 1)..end], depth));
                at = end + 1;
            }
            else
            {
                var length = NameLength(text.AsSpan(at));
                if (length == 0)
                    throw new FormatException("a '$' without the name of a variable. Write $$ for a dollar.");
                result.Append(Value(scalar, text.Substring(at, length)));
                at += length;
            }
            if (result.Length > Limits.ExpansionLength)
                throw new FormatException($"with its variables this is longer than {Limits.ExpansionLength} characters.");
        }
        return result.ToString();
    }

    private string Braced(YamlScalar scalar, string inner, int depth)
    {
        var length = NameLength(inner);
        var (name, rest) = (inner[..length], inner[length..]);
        if (length == 0)
            throw new FormatException($"'${{{inner}}}' has no name of a variable.");
        if (rest.Length == 0)
            return Value(scalar, name);
        var emptyCounts = rest[0] != ':';
        var operation = emptyCounts ? rest : rest[1..];
        if (operation.Length == 0 || operation[0] is not ('-' or '?' or '+'))
            throw new FormatException($"'${{{inner}}}' is none of ${{V}}, ${{V:-default}}, ${{V:?message}}, ${{V:+other}}.");
        var value = lookup(name);
        var present = value is not null && (emptyCounts || value.Length > 0);
        return operation[0] switch
        {
            '-' => present ? value! : Expand(scalar, operation[1..], depth + 1),
            '+' => present ? Expand(scalar, operation[1..], depth + 1) : "",
            _ => present ? value! : throw new FormatException(Missing(name, Expand(scalar, operation[1..], depth + 1))),
        };
    }

    private static string Missing(string name, string why) => $"the variable {name} needs a value{(why.Length == 0 ? "" : ": " + why)}";

    private string Value(YamlScalar scalar, string name)
    {
        if (lookup(name) is { } value)
            return value;
        if (Unset.Add(name))
            faults.Warn(scalar.Place, $"the variable {name} is not set; it is taken as empty. ${{{name}:-}} says that this is meant.");
        return "";
    }

    /// <summary>The brace that closes the one at <paramref name="open"/>.</summary>
    private static int ClosingBrace(string text, int open)
    {
        var depth = 0;
        for (var at = open; at < text.Length; at++)
        {
            if (text[at] == '{' && text[at - 1] == '$')
                depth++;
            else if (text[at] == '}' && --depth == 0)
                return at;
        }
        throw new FormatException($"'${text[open..Math.Min(text.Length, open + 20)]}' is not closed.");
    }

    private static int NameLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && (char.IsAsciiLetter(text[length]) || text[length] == '_' || length > 0 && char.IsAsciiDigit(text[length])))
            length++;
        return length;
    }
}
