using System.Globalization;
using System.Text;

namespace Manifold.Hcl.Json;

/// <summary>The escape sequences of a string. Written here, because the platform's reader refuses half of a surrogate pair.</summary>
internal static class JsonEscapes
{
    /// <param name="value">The inside of a string whose escape sequences are correct.</param>
    /// <param name="offset">The place of its first character.</param>
    /// <exception cref="JsonSyntaxException">It contains a null character.</exception>
    public static string Decode(string value, int offset)
    {
        var decoded = new StringBuilder(value.Length);
        for (var at = 0; at < value.Length; at++)
        {
            if (value[at] != '\\')
            {
                decoded.Append(value[at]);
                continue;
            }
            var start = at++;
            if (value[at] != 'u')
            {
                decoded.Append(Character(value[at]));
                continue;
            }
            var code = (char)int.Parse(value.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (code == NullCharacter.Value)
                throw new JsonSyntaxException(NullCharacter.Refused, offset + start);
            decoded.Append(code);
            at += 4;
        }
        return decoded.ToString();
    }

    private static char Character(char letter) => letter switch
    {
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        _ => letter,
    };
}
