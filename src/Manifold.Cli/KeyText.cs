using Manifold.Linux;

namespace Manifold.Cli;

/// <summary>
/// What <c>--key</c> names, read: a file, or a variable of the environment as cosign spells it, <c>env://COSIGN_PRIVATE_KEY</c>.
/// </summary>
internal static class KeyText
{
    private const string Environment = "env://";

    /// <exception cref="UsageException">There is no such file or variable, or the key is somewhere else.</exception>
    public static string Read(CliContext context, string key)
    {
        if (key.StartsWith(Environment, StringComparison.Ordinal))
            return context.Variable(key[Environment.Length..]) ?? throw new UsageException($"--key {key}: the environment variable "
                + $"'{key[Environment.Length..]}' is not set.");
        if (key.Contains("://", StringComparison.Ordinal))
            throw new UsageException($"--key {key}: key management services are not supported. Use a file or {Environment}VARIABLE.");
        if (!File.Exists(key))
            throw new UsageException($"There is no key file '{key}'. To make a key pair, run: manifold key generate");
        using var reader = new StreamReader(new MemoryStream(PlainFile.Read(key, Limits.DocumentBytes))); // takes a byte order mark away
        return reader.ReadToEnd();
    }
}
