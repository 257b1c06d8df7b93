using System.Security.Cryptography;
using System.Text;
using Manifold.Hcl.Json;

namespace Manifold.Hcl;

internal static partial class HclFunctions
{
    private static IEnumerable<(string Name, HclFunction Function)> Encodings() =>
    [
        Of("base64decode", 1, a => Text(Encoding.UTF8.GetString(Decoded(a.Text(0))))),
        Of("base64encode", 1, a => Text(Convert.ToBase64String(Bytes(a)))),
        Of("csvdecode", 1, a => HclCsv.Read(a.Text(0))),
        Of("jsondecode", 1, a => JsonDecoded(a.Text(0))),
        Of("jsonencode", 1, a => Text(HclJson.Write(a[0]))),
        Of("md5", 1, a => Text(Convert.ToHexStringLower(MD5.HashData(Bytes(a))))),
        Of("sha1", 1, a => Text(Convert.ToHexStringLower(SHA1.HashData(Bytes(a))))),
        Of("sha256", 1, a => Text(Convert.ToHexStringLower(SHA256.HashData(Bytes(a))))),
        Of("sha512", 1, a => Text(Convert.ToHexStringLower(SHA512.HashData(Bytes(a))))),
        Of("urlencode", 1, a => Text(Uri.EscapeDataString(a.Text(0)).Replace("%20", "+", StringComparison.Ordinal))),
        Of("uuidv4", 0, _ => Text(Guid.NewGuid().ToString())),
    ];

    private static byte[] Bytes(HclArguments a) => Encoding.UTF8.GetBytes(a.Text(0));

    private static byte[] Decoded(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw new HclArgumentException("the argument is not valid base64", 0);
        }
    }

    private static HclValue JsonDecoded(string text)
    {
        try
        {
            return HclJson.ToValue(JsonReader.Read(text));
        }
        catch (JsonSyntaxException e)
        {
            throw new HclArgumentException($"the argument is not valid JSON: {e.Message}", 0);
        }
    }
}
