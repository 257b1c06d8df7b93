namespace Manifold.Dockerfile;

/// <summary>One line of an ignore file.</summary>
internal sealed class IgnoreRule
{
    private readonly string pattern;
    private readonly Wildcard wildcard;
    private readonly Form form;

    private IgnoreRule(string file, int line, string text, (string Pattern, Wildcard Wildcard) parsed)
    {
        (File, Line, Text) = (file, line, text);
        (pattern, wildcard) = parsed;
        form = FormOf(pattern);
    }

    /// <summary>The forms that need no wildcard engine, and the one that does.</summary>
    private enum Form { Exact, Suffix, Prefix, Wildcard }

    public string File { get; }
    public int Line { get; }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Written with <c>!</c>: takes in again what earlier rules left out.</summary>
    public bool Includes => Text[0] == '!';

    public override string ToString() => $"{File}:{Line}";

    /// <summary>Null where the line is no pattern.</summary>
    internal static IgnoreRule? Parse(string file, int line, string text)
    {
        var pattern = text.AsSpan(text[0] == '!' ? 1 : 0).Trim().ToString();
        if (pattern.Length == 0)
            return null;
        pattern = Clean(pattern);
        // Go's own matcher is the judge of what is malformed; it does not know **, to which it is harmless.
        return Wildcard.TryParsePath(pattern, deep: true, out var wildcard) ? new IgnoreRule(file, line, text, (pattern, wildcard)) : null;
    }

    internal bool Matches(string path) => form switch
    {
        Form.Exact => path == pattern,
        // "**/a" matches "a" and "x/a", and "**a" whatever ends in a
        Form.Suffix =>
            path.EndsWith(pattern[2..], StringComparison.Ordinal) || (pattern.Length > 2 && pattern[2] == '/' && path == pattern[3..]),
        Form.Prefix => path.StartsWith(pattern[..^2], StringComparison.Ordinal),
        _ => wildcard.Matches(path),
    };

    internal bool CanMatchBelow(string folder) => form switch
    {
        Form.Exact => pattern.StartsWith(folder + "/", StringComparison.Ordinal),
        Form.Suffix => true,
        _ => wildcard.CanContinue(folder + "/"),
    };

    private static Form FormOf(string pattern)
    {
        var hasMeta = pattern.AsSpan().IndexOfAny("*?[]\\") >= 0;
        if (!hasMeta)
            return Form.Exact;
        if (pattern.StartsWith("**", StringComparison.Ordinal))
            return pattern.AsSpan(2).IndexOfAny("*?[]\\") < 0 ? Form.Suffix : Form.Wildcard;
        return pattern.EndsWith("**", StringComparison.Ordinal) && pattern.AsSpan(0, pattern.Length - 2).IndexOfAny("*?[]\\") < 0
            ? Form.Prefix : Form.Wildcard;
    }

    /// <summary>As Go's <c>path.Clean</c> has it, and without the slash at the front: the top of the context is the root.</summary>
    private static string Clean(string path)
    {
        var rooted = path[0] == '/';
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "" or ".")
                continue;
            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
                parts.RemoveAt(parts.Count - 1);
            else if (part != ".." || !rooted)
                parts.Add(part);
        }
        return parts.Count == 0 ? "." : string.Join('/', parts);
    }
}
