using System.Text;

namespace Manifold.Dockerfile;

/// <summary>One record of comma-separated values (RFC 4180), as mounts and outputs are written.</summary>
internal static class Csv
{
    /// <summary>The fields, or null where a quote is not closed or stands within an unquoted field.</summary>
    public static IReadOnlyList<string>? Split(string text)
    {
        var fields = new List<string>();
        for (var at = 0; ; at++)
        {
            if (at < text.Length && text[at] == '"')
            {
                if (ReadQuoted(text, ref at) is not { } quoted)
                    return null;
                fields.Add(quoted);
            }
            else
            {
                var comma = text.IndexOf(',', at);
                var end = comma < 0 ? text.Length : comma;
                if (text.AsSpan(at, end - at).Contains('"'))
                    return null;
                fields.Add(text[at..end]);
                at = end;
            }
            if (at >= text.Length)
                return fields;
        }
    }

    /// <summary>Reads from an opening quote to the comma or the end after the closing one.</summary>
    private static string? ReadQuoted(string text, ref int at)
    {
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '"')
                field.Append(text[at]);
            else if (at + 1 < text.Length && text[at + 1] == '"')
                field.Append(text[++at]);
            else
            {
                at++;
                return at == text.Length || text[at] == ',' ? field.ToString() : null;
            }
        }
        return null;
    }
}
