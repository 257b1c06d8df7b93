namespace Manifold.Dockerfile;

internal sealed partial class ExpansionReader
{
    /// <summary>Reads <c>$name</c> or <c>${name…}</c> and returns what replaces it.</summary>
    private string ReadVariable(bool keepEscapes)
    {
        at++;
        if (Peek == '{')
            return Nested(() => ReadBraced(keepEscapes));
        var name = ReadName();
        if (name.Length == 0)
            return "$";
        return Value(name) ?? (rules.KeepUnset ? "$" + name : "");
    }

    private string ReadBraced(bool keepEscapes)
    {
        var start = at - 1;
        at++;
        if (Peek is '{' or '}' or ':' || AtEnd)
            throw new ExpansionException(AtEnd ? "missing '}'" : "bad substitution: '${' needs a name");
        var name = ReadName();
        if (AtEnd)
            throw new ExpansionException("missing '}'");
        var operation = source[at++];
        string result;
        switch (operation)
        {
            case '}':
                result = Value(name) ?? "";
                break;
            case ':' when Peek is '-' or '+' or '?':
                result = ReadChoice(name, source[at++], emptyCounts: false, keepEscapes);
                break;
            case '-' or '+' or '?':
                result = ReadChoice(name, operation, emptyCounts: true, keepEscapes);
                break;
            case '#' or '%':
                result = ReadTrim(name, operation);
                break;
            case '/':
                result = ReadReplacement(name);
                break;
            default:
                throw new ExpansionException($"unsupported modifier '{operation}' in '${{{name}…}}'");
        }
        return rules.KeepUnset && lookup(name) is null ? source[start..at] : result;
    }

    /// <summary><c>:-</c>, <c>:+</c> and <c>:?</c>, where an empty value counts as none, and the same without colon.</summary>
    private string ReadChoice(string name, char operation, bool emptyCounts, bool keepEscapes)
    {
        var word = ReadOperand('}', keepEscapes: false);
        var value = Value(name);
        var present = value is not null && (emptyCounts || value.Length > 0);
        return operation switch
        {
            '-' => present ? value! : word,
            '+' => present ? word : "",
            _ when present => value!,
            _ => throw new ExpansionException($"{name}: {(word.Length > 0 ? word : value is null ? "is not set" : "is empty")}"),
        };
    }

    /// <summary><c>#p ##p %p %%p</c>: the shortest or longest match is cut off the front or the end.</summary>
    private string ReadTrim(string name, char operation)
    {
        var pattern = ReadOperand('}', keepEscapes: true);
        var value = Value(name) ?? "";
        var longest = pattern.StartsWith(operation);
        var program = Pattern(longest ? pattern[1..] : pattern);
        return operation == '#'
            ? value[(program.MatchPrefix(value, longest) ?? 0)..]
            : value[..(program.MatchSuffix(value, longest) ?? value.Length)];
    }

    /// <summary><c>/p/r</c> replaces the first match, <c>//p/r</c> all.</summary>
    private string ReadReplacement(string name)
    {
        var all = Peek == '/';
        if (all)
            at++;
        var pattern = Pattern(ReadOperand('/', keepEscapes: true));
        var replacement = ReadOperand('}', keepEscapes: true);
        return pattern.Replace(Value(name) ?? "", replacement, all, Bound);
    }

    private string ReadOperand(char stop, bool keepEscapes)
    {
        var words = new WordList();
        ReadUntil(stop, keepEscapes, words);
        return words.Text.ToString();
    }

    private static Wildcard Pattern(string pattern)
    {
        if (!Wildcard.TryParseShell(pattern, out var parsed))
            throw new ExpansionException($"invalid pattern '{pattern}': a backslash can escape only * ? / }} and \\");
        return parsed;
    }

    /// <summary>Letters, digits and <c>_</c>; or digits; or one of the shell's special parameters.</summary>
    private string ReadName()
    {
        var start = at;
        if (char.IsDigit(Peek))
            while (char.IsDigit(Peek))
                at++;
        else if (Peek is '@' or '*' or '#' or '?' or '-' or '$' or '!')
            at++;
        else
            while (char.IsLetterOrDigit(Peek) || Peek == '_')
                at++;
        return source[start..at];
    }

    private string? Value(string name)
    {
        var value = lookup(name);
        (value is null ? unset : used).Add(name);
        return value;
    }

    private string Nested(Func<string> read)
    {
        if (++depth > Limits.ExpansionDepth)
            throw new ExpansionException($"variables are nested more than {Limits.ExpansionDepth} levels deep");
        var result = read();
        depth--;
        return result;
    }
}
