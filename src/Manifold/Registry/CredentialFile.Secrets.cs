using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Manifold.Registry;

/// <summary>Kubernetes secrets: the file is the value of one of their keys.</summary>
internal sealed partial class CredentialFile
{
    private bool isSecretManifest;

    /// <summary>The credentials in a Kubernetes secret, which are base64 of the file.</summary>
    private JsonObject Open(Dictionary<string, string?> data)
    {
        isSecretManifest = true;
        var legacy = data.GetValueOrDefault(".dockercfg");
        if ((data.GetValueOrDefault(".dockerconfigjson") ?? legacy) is not { } encoded)
            throw Broken("it is a Kubernetes secret, but not of the type kubernetes.io/dockerconfigjson");
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var count))
            throw Broken("the secret's value is not base64");
        var root = Parse(bytes.AsSpan(0, count));
        return data.ContainsKey(".dockerconfigjson") ? root : new JsonObject { ["auths"] = root.DeepClone() };
    }

    /// <summary>The values of a secret's YAML; null for what is none. Only lines as kubectl prints them are known.</summary>
    private static Dictionary<string, string?>? FromYaml(byte[] bytes) =>
        bytes.AsSpan().TrimStart(" \r\n\t"u8)[0] is (byte)'{' or (byte)'[' || !YamlPattern().IsMatch(Encoding.UTF8.GetString(bytes)) ? null
            : YamlPattern().Matches(Encoding.UTF8.GetString(bytes))
                .ToDictionary(match => match.Groups["name"].Value, match => (string?)match.Groups["value"].Value);

    [GeneratedRegex("""^[ ]+"?(?<name>\.dockerconfigjson|\.dockercfg)"?:\s*"?(?<value>[A-Za-z0-9+/=]+)"?\s*$""", RegexOptions.Multiline)]
    private static partial Regex YamlPattern();
}
