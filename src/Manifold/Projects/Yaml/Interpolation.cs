using System.Text;
using Manifold.Dockerfile;

namespace Manifold.Projects.Yaml;

/// <summary>
/// Replaces variables in the values of a file, as compose does: <c>$V ${V} ${V:-d} ${V-d} ${V:?m} ${V?m} ${V:+x} ${V+x} $$</c>.
/// </summary>
/// <remarks>
/// Keys stay as they are, and values of variables are not looked at again. A variable without a value is empty, with a warning.
/// A dollar that starts neither a name nor <c>${</c> is a dollar: <c>$(date)</c>, <c>$5</c>. A text with variables stays a text, empty or
/// not: it is never null.
/// Source: the Compose specification, "Interpolation"; compose-go, package template.
/// </remarks>
/// <param name="lookup">The value of a variable, or null where it is not set.</param>
internal sealed class Interpolation(FileFaults faults, Func<string, string?> lookup)
{
    private const string Meant = "Write $$ for a literal dollar sign.";

    private HashSet<string> Unset { get; init; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Where warnings of variables without a value wait until somebody knows that the place matters; null where each is told at once.
    /// </summary>
    public Dictionary<Place, string>? Waiting { get; init; }

    /// <summary>The same, with variables that hide those of the environment.</summary>
    public Interpolation With(IReadOnlyDictionary<string, string> variables) =>
        new(faults, name => variables.GetValueOrDefault(name) ?? lookup(name)) { Unset = Unset, Waiting = Waiting };

    /// <summary>The same for another file, and with other variables.</summary>
    public Interpolation Of(FileFaults other, Func<string, string?> variables) =>
        new(other, variables) { Unset = Unset, Waiting = Waiting };

    /// <summary>Tells of the variables without a value in a part that matters.</summary>
    public void WarnOf(YamlNode node)
    {
        switch (node)
        {
            case YamlScalar scalar when Waiting?.GetValueOrDefault(scalar.Place) is { } name:
                Warn(scalar.Place, name);
                break;
            case YamlList list:
                foreach (var item in list.Items)
                    WarnOf(item);
                break;
            case YamlMap map:
                foreach (var entry in map.Entries)
                    WarnOf(entry.Value);
                break;
        }
    }

    /// <summary>The text with its variables replaced.</summary>
    /// <exception cref="FormatException">It cannot be read, or a variable that it needs has no value.</exception>
    public string Expand(string text, Place place) => Expand(new YamlScalar(text, false, place), text, 0);

    public YamlNode Apply(YamlNode node) => node switch
    {
        YamlScalar scalar => scalar.Text.Contains('$', StringComparison.Ordinal) ? Apply(scalar) : scalar,
        YamlList list => list with { Items = [.. list.Items.Select(Apply)] },
        YamlMap map => Apply(map),
        _ => node,
    };

    /// <summary>Also for a map of the file itself, whose extension fields stay as they are.</summary>
    public YamlMap Apply(YamlMap map) =>
        map with
        {
            Entries = [.. map.Entries.Select(entry => entry with { Value = IsExtension(entry) ? entry.Value : Apply(entry.Value) })],
        };

    private YamlScalar Apply(YamlScalar scalar)
    {
        try
        {
            return scalar with { Text = Expand(scalar, scalar.Text, 0), IsPlain = false };
        }
        catch (FormatException e)
        {
            faults.Add(scalar.Place, e.Message, Meant);
            return scalar with { Text = "", IsPlain = false };
        }
    }

    // x-bake is read, the others are free.
    private static bool IsExtension(YamlEntry entry) =>
        entry.Key.Text.StartsWith("x-", StringComparison.Ordinal) && entry.Key.Text != "x-bake";

    private string Expand(YamlScalar scalar, string text, int depth)
    {
        if (depth > Limits.ExpansionDepth)
            throw new FormatException($"variables are nested more than {Limits.ExpansionDepth} levels deep.");
        if (text.Length > Limits.ExpansionLength)
            throw new FormatException($"a value with variables cannot be longer than {Limits.ExpansionLength} characters.");
        var result = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] != '$' || at + 1 == text.Length)
            {
                result.Append(text[at++]);
                continue;
            }
            at++;
            if (text[at] == '{')
            {
                var end = ClosingBrace(text, at);
                result.Append(Braced(scalar, text[(at + 1)..end], depth));
                at = end + 1;
            }
            else if (NameLength(text.AsSpan(at)) is > 0 and var length)
            {
                result.Append(Value(scalar, text.Substring(at, length)));
                at += length;
            }
            else
            {
                result.Append('$');
                at += text[at] == '$' ? 1 : 0;
            }
            if (result.Length > Limits.ExpansionLength)
                throw new FormatException(
                    $"the value is longer than {Limits.ExpansionLength} characters after its variables are replaced.");
        }
        return result.ToString();
    }

    private string Braced(YamlScalar scalar, string inner, int depth)
    {
        var length = NameLength(inner);
        var (name, rest) = (inner[..length], inner[length..]);
        if (rest.Length == 0)
            return Value(scalar, name);
        var emptyCounts = rest[0] != ':';
        var operation = emptyCounts ? rest : rest[1..];
        var value = lookup(name);
        var present = value is not null && (emptyCounts || value.Length > 0);
        return operation[0] switch
        {
            '-' => present ? value! : Expand(scalar, operation[1..], depth + 1),
            '+' => present ? Expand(scalar, operation[1..], depth + 1) : value ?? "",
            _ when present => value!,
            _ => throw new FormatException(Missing(name, Expand(scalar, operation[1..], depth + 1))),
        };
    }

    private static string Missing(string name, string why) =>
        $"the required variable '{name}' has no value{(why.Length == 0 ? "" : ": " + why)}";

    private string Value(YamlScalar scalar, string name)
    {
        if (lookup(name) is { } value)
            return value;
        if (Waiting is null)
            Warn(scalar.Place, name);
        else
            Waiting.TryAdd(scalar.Place, name);
        return "";
    }

    private void Warn(Place place, string name)
    {
        if (Unset.Add(name))
            faults.Warn(place, $"the variable '{name}' is not set. An empty string is used. To hide this warning, write ${{{name}:-}}.");
    }

    /// <summary>The brace that closes the one at <paramref name="open"/>.</summary>
    /// <remarks>
    /// As compose finds it: what is in braces ends in the line in which it begins. Braces in it count, and where they do not add up, the
    /// line's last one closes.
    /// </remarks>
    private static int ClosingBrace(string text, int open)
    {
        var name = NameLength(text.AsSpan(open + 1));
        var at = open + 1 + name;
        if (name == 0)
        {
            throw new FormatException(at < text.Length && text[at] == '}'
                ? "'${}' has no variable name."
                : $"'{Start(text, open)}' has no variable name.");
        }
        if (at < text.Length && text[at] == '}')
            return at;
        var line = text.AsSpan(0, text.IndexOf('\n', at) is >= 0 and var end ? end : text.Length);
        var last = line[at..].LastIndexOf('}') + at;
        if (last < at)
            throw new FormatException($"'{Start(text, open)}' has no closing brace.");
        var operation = text[at] == ':' ? at + 1 : at;
        if (text[operation] is not ('-' or '?' or '+'))
        {
            var written = text[(open - 1)..(text.IndexOf('}', at) + 1)];
            throw new FormatException($"'{written}' is not valid. Expected ${{V}}, ${{V:-default}}, ${{V:?message}} or ${{V:+other}}.");
        }
        return Balanced(line[..(last + 1)], open) ?? last;
    }

    private static int? Balanced(ReadOnlySpan<char> line, int open)
    {
        var depth = 0;
        for (var at = open; at < line.Length; at++)
        {
            if (line[at] == '}' && --depth == 0)
                return at;
            if (line[at] != '{')
                continue;
            depth++;
            at++; // compose does not look at the character after a brace
        }
        return null;
    }

    private static string Start(string text, int open) => text[(open - 1)..Math.Min(text.Length, open + 20)];

    private static int NameLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length
            && (char.IsAsciiLetter(text[length]) || text[length] == '_' || length > 0 && char.IsAsciiDigit(text[length])))
            length++;
        return length;
    }
}
