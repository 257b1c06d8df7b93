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
                    findings.Add(Rules.ExposeProtoCasing, expose, $"the protocol of '{word}' is not in lower case", $"Write {word.ToLowerInvariant()}.", word);
                if (word.Contains(':', StringComparison.Ordinal))
                    findings.Add(Rules.ExposeInvalidFormat, expose, $"'{word}' names an address or a port of the host, which EXPOSE cannot choose",
                        $"Write {word[(word.LastIndexOf(':') + 1)..]}, and choose the rest where the container is run.", word);
            }
    }
}
