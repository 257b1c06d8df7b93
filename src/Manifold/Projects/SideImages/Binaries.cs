using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;

namespace Manifold.Projects.SideImages;

/// <summary>The files below <c>bin/</c> that a Dockerfile copies from its context: what <c>build_binaries</c> is there to make.</summary>
internal static class Binaries
{
    /// <summary>
    /// Patterns for one architecture; none where the Dockerfile copies the folder as a whole, or in a way that only building tells.
    /// </summary>
    public static ImmutableArray<string> CopiedBy(LocatedText dockerfile, string architecture) =>
        [.. DockerfileParser.Parse(dockerfile.FileName, dockerfile.Text).Tree.Instructions.OfType<FilesInstruction>()
            .Where(instruction => instruction is not CopyInstruction { From: not null })
            .SelectMany(instruction => instruction.Sources)
            .Select(source => source.Replace("${TARGETARCH}", architecture, StringComparison.Ordinal)
                .Replace("$TARGETARCH", architecture, StringComparison.Ordinal))
            .Select(source => source.StartsWith("./", StringComparison.Ordinal) ? source[2..] : source.TrimStart('/'))
            .Where(source => source.StartsWith("bin/", StringComparison.Ordinal)
                && source.Length > "bin/".Length
                && !source.Contains('$', StringComparison.Ordinal))
            .Distinct()];
}
