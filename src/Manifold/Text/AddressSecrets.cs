using System.Text.RegularExpressions;

namespace Manifold.Text;

/// <summary>
/// Takes out of a text what addresses in it may hold in confidence: user and password, and the query, which may be a signature.
/// </summary>
internal static partial class AddressSecrets
{
    public static string Without(string text) => QueryPattern().Replace(UserPattern().Replace(text, ""), "");

    [GeneratedRegex(@"(?<=://)[^\s/""'?#]*@")]
    private static partial Regex UserPattern();

    // Of an address, or of a path: there a question mark alone may end a sentence.
    [GeneratedRegex(@"(?<=://[^\s""'?]*)\?[^\s""']*|\?[^\s""'?=]+=[^\s""']*")]
    private static partial Regex QueryPattern();
}
