using System.Text.RegularExpressions;
using Manifold.Text;

namespace Manifold.Building.Recording;

/// <summary>Keeps secrets out of records: what an argument's name says is one, and addresses with passwords.</summary>
/// <remarks>
/// A build argument is no place for a secret, since the image's history tells it, but people do it, and a report is passed on further than
/// an image. A value that was masked once is masked wherever it turns up later: in a message, in a label.
/// </remarks>
internal sealed partial class Confidential
{
    public const string Mask = "***";

    // Shorter values turn up by chance, and would tear holes into words.
    private const int Shortest = 4;

    private readonly Lock gate = new();
    private readonly HashSet<string> values = new(StringComparer.Ordinal);

    /// <summary>An argument's value as it may be shown.</summary>
    public string ValueOf(string name, string value)
    {
        if (!NamePattern().IsMatch(name))
            return AddressSecrets.Without(value);
        if (value.Length >= Shortest)
            lock (gate)
                values.Add(value);
        return value.Length == 0 ? "" : Mask;
    }

    /// <summary>A text as it may be shown.</summary>
    public string Text(string text)
    {
        lock (gate)
            foreach (var value in values)
                text = text.Replace(value, Mask, StringComparison.Ordinal);
        return AddressSecrets.Without(text);
    }

    // By the parts of the name: MONKEY is no key, and AUTHOR no auth.
    [GeneratedRegex(
        "(?:^|[^A-Za-z])(?:[A-Za-z]*TOKENS?|[A-Za-z]*PASSWORD|[A-Za-z]*PASSWD|PASSPHRASE|PASS|PWD|[A-Za-z]*SECRETS?|[A-Za-z]*CREDENTIALS?|"
            + "CREDS?|KEY|APIKEY|[A-Za-z]*ACCESSKEY|PRIVATEKEY|AUTH|COOKIE|SIGNATURE|SAS|PAT)(?=$|[^A-Za-z])", RegexOptions.IgnoreCase)]
    private static partial Regex NamePattern();
}
