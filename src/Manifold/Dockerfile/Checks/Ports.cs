namespace Manifold.Dockerfile.Checks;

/// <summary>ExposeProtoCasing, ExposeInvalidFormat.</summary>
internal static class Ports
{
    public static void Check(TextFindings findings)
    {
        foreach (var expose in findings.Tree.Instructions.OfType<ExposeInstruction>())
            foreach (var word in expose.Ports.Where(word => !word.Contains('$', StringComparison.Ordinal)))
            {
                if (word.LastIndexOf('/') is var slash and >= 0 && word[slash..].Any(char.IsAsciiLetterUpper))
                    findings.Add(Rules.ExposeProtoCasing, expose, $"the protocol in '{word}' is not lowercase",
                        $"Write {word.ToLowerInvariant()}.", word);
                if (word.Contains(':', StringComparison.Ordinal))
                    findings.Add(Rules.ExposeInvalidFormat, expose,
                        $"'{word}' contains a host address or a host port, which EXPOSE cannot set",
                        $"Write {word[(word.LastIndexOf(':') + 1)..]}. Set the host address and port when you run the container.", word);
            }
    }
}
