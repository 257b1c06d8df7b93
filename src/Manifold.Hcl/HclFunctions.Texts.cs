using System.Globalization;
using System.Text;

namespace Manifold.Hcl;

internal static partial class HclFunctions
{
    private static IEnumerable<(string Name, HclFunction Function)> Texts() =>
    [
        Of("basename", 1, a => Text(GoPath.Base(a.Text(0)))),
        Of("byteslen", 1, a => Number(Encoding.UTF8.GetByteCount(a.Text(0)))),
        Of("chomp", 1, a => Text(a.Text(0).TrimEnd('\n', '\r'))),
        Of("dirname", 1, a => Text(GoPath.Folder(a.Text(0)))),
        Of("format", 1, int.MaxValue, a => Text(HclFormat.Apply(a.Text(0), a.From(1)))),
        Of("formatlist", 1, int.MaxValue, FormatList),
        Of("indent", 2, a => Text(a.Text(1)
            .Replace("\n", "\n" + new string(' ', Math.Clamp(a.Whole(0), 0, 1000)), StringComparison.Ordinal))),
        Of("join", 1, int.MaxValue, a => Text(string.Join(
            a.Text(0), Enumerable.Range(1, a.Count - 1).SelectMany(index => a.Texts(index))))),
        Of("lower", 1, a => Text(a.Text(0).ToLowerInvariant())),
        Of("replace", 3, a => Text(Replaced(a.Text(0), a.Text(1), a.Text(2)))),
        Of("reverse", 1, a => Text(string.Concat(Characters(a.Text(0)).Reverse()))),
        Of("sanitize", 1, a => Text(string.Concat(a.Text(0).EnumerateRunes().Select(rune => IsPlain(rune) ? rune.ToString() : "_")))),
        Of("split", 2, a => HclValue.List(a.Text(0).Length == 0 ? Characters(a.Text(1)) : a.Text(1).Split(a.Text(0)))),
        Of("strlen", 1, a => Number(Characters(a.Text(0)).Count())),
        Of("substr", 3, a => Text(Part(Characters(a.Text(0)).ToList(), a.Whole(1), a.Whole(2)))),
        Of("title", 1, a => Text(Title(a.Text(0)))),
        Of("trim", 2, a => Text(a.Text(0).Trim(a.Text(1).ToCharArray()))),
        Of("trimprefix", 2, a => Text(a.Text(0).StartsWith(a.Text(1), StringComparison.Ordinal)
            ? a.Text(0)[a.Text(1).Length..]
            : a.Text(0))),
        Of("trimspace", 1, a => Text(a.Text(0).Trim())),
        Of("trimsuffix", 2, a => Text(a.Text(0).EndsWith(a.Text(1), StringComparison.Ordinal)
            ? a.Text(0)[..^a.Text(1).Length]
            : a.Text(0))),
        Of("upper", 1, a => Text(a.Text(0).ToUpperInvariant())),
    ];

    private static bool IsPlain(Rune rune) => rune.IsAscii && (Rune.IsLetterOrDigit(rune) || rune.Value is '_' or '-');

    /// <summary>The characters as a reader counts them: an accent belongs to its letter.</summary>
    private static IEnumerable<string> Characters(string text)
    {
        for (var elements = StringInfo.GetTextElementEnumerator(text); elements.MoveNext();)
            yield return elements.GetTextElement();
    }

    private static string Replaced(string text, string old, string with) => old.Length == 0
        ? with + string.Concat(text.Select(c => c + with)) : text.Replace(old, with, StringComparison.Ordinal);

    private static string Part(List<string> characters, int offset, int length)
    {
        if (offset < 0)
            offset += characters.Count;
        offset = Math.Clamp(offset, 0, characters.Count);
        var count = length < 0 ? characters.Count - offset : Math.Min(length, characters.Count - offset);
        return string.Concat(characters.Skip(offset).Take(count));
    }

    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var startsWord = true;
        foreach (var c in text)
        {
            result.Append(startsWord ? char.ToUpperInvariant(c) : c);
            startsWord = char.IsWhiteSpace(c) || (char.IsPunctuation(c) && c is not ('_' or '\''));
        }
        return result.ToString();
    }

    private static HclList FormatList(HclArguments a)
    {
        var lists = a.From(1).OfType<HclList>().Select(list => list.Items.Length).Distinct().ToList();
        if (lists.Count > 1)
            throw new HclArgumentException("the lists have different lengths");
        return HclValue.List(Enumerable.Range(0, lists is [var length] ? length : 1)
            .Select(index => a.From(1).Select(value => value is HclList list ? list.Items[index] : value))
            .Select(arguments => HclFormat.Apply(a.Text(0), [.. arguments])));
    }
}

/// <summary>Paths with slashes. Source: Go's package <c>path</c>.</summary>
internal static class GoPath
{
    public static string Base(string path)
    {
        if (path.Length == 0)
            return ".";
        path = path.TrimEnd('/');
        return path.Length == 0 ? "/" : path[(path.LastIndexOf('/') + 1)..];
    }

    public static string Folder(string path) => Clean(path[..(path.LastIndexOf('/') + 1)]);

    public static string Clean(string path)
    {
        var rooted = path.StartsWith('/');
        var parts = new List<string>();
        foreach (var part in path.Split('/').Where(part => part is not ("" or ".")))
        {
            if (part == ".." && parts is [.., not ".."])
                parts.RemoveAt(parts.Count - 1);
            else if (part != ".." || !rooted)
                parts.Add(part);
        }
        return (rooted ? "/" : "") + string.Join('/', parts) is { Length: > 0 } clean ? clean : ".";
    }
}
