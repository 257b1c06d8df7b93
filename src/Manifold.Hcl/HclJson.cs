using System.Globalization;
using System.Text;
using Manifold.Hcl.Json;

namespace Manifold.Hcl;

/// <summary>Converts between values and JSON.</summary>
internal static class HclJson
{
    public static HclValue ToValue(JsonValue value) => value switch
    {
        JsonString text => new HclString(text.Value),
        JsonNumber number => ToNumber(number),
        JsonLiteral { Value: { } flag } => new HclBool(flag),
        JsonList list => HclValue.List(list.Items.Select(ToValue)),
        JsonMap map => map.Members.Aggregate(HclMap.Empty, (read, member) => read.With(member.Name.Value, ToValue(member.Value))),
        _ => HclValue.Null,
    };

    private static HclNumber ToNumber(JsonNumber number)
    {
        if (!decimal.TryParse(number.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed))
            throw new HclArgumentException($"the number {number.Value} is too large");
        return new HclNumber(parsed);
    }

    /// <summary>Without blanks, and escaped like Go's encoder: also characters that mean something in HTML.</summary>
    public static string Write(HclValue value)
    {
        var text = new StringBuilder();
        Write(value, text);
        return text.ToString();
    }

    private static void Write(HclValue value, StringBuilder text)
    {
        switch (value)
        {
            case HclString literal: Quote(literal.Value, text); break;
            case HclList list: Enclosed('[', list.Items, item => Write(item, text), ']', text); break;
            case HclMap map:
                Enclosed('{', map.Members, member => { Quote(member.Key, text); text.Append(':'); Write(member.Value, text); }, '}', text);
                break;
            default: text.Append(value.AsText ?? "null"); break;
        }
    }

    private static void Enclosed<T>(char open, IEnumerable<T> items, Action<T> write, char close, StringBuilder text)
    {
        text.Append(open);
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst)
                text.Append(',');
            isFirst = false;
            write(item);
        }
        text.Append(close);
    }

    private static void Quote(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' or '\\' => text.Append('\\').Append(c),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }
}

/// <summary>The function <c>csvdecode</c>: a list of maps whose keys are in the first line. Source: RFC 4180.</summary>
internal static class HclCsv
{
    public static HclList Read(string text)
    {
        var rows = Rows(text);
        if (rows.Count == 0)
            throw new HclArgumentException("the text has no header line", 0);
        if (rows.FirstOrDefault(row => row.Count != rows[0].Count) is { } odd)
            throw new HclArgumentException($"a line has {odd.Count} fields, but the first line has {rows[0].Count}", 0);
        return HclValue.List(rows.Skip(1).Select(row => Map(rows[0], row)));
    }

    private static HclValue Map(List<string> names, List<string> row) =>
        names.Zip(row).Aggregate(HclMap.Empty, (map, pair) => map.With(pair.First, new HclString(pair.Second)));

    private static List<List<string>> Rows(string text)
    {
        var rows = new List<List<string>>();
        var (row, field, isQuoted) = (new List<string>(), new StringBuilder(), false);
        text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        for (var i = 0; i < text.Length; i++)
        {
            if (isQuoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"')
                field.Append(text[++i]);
            else if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (!isQuoted && text[i] == ',')
                EndField();
            else if (!isQuoted && text[i] == '\n')
                EndRow();
            else
                field.Append(text[i]);
        }
        EndRow();
        return rows;

        void EndField()
        {
            row.Add(field.ToString());
            field.Clear();
        }

        void EndRow()
        {
            if (row.Count == 0 && field.Length == 0)
                return;
            EndField();
            rows.Add(row);
            row = [];
        }
    }
}
