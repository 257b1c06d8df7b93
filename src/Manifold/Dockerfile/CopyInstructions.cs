using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>What COPY and ADD have in common.</summary>
internal abstract record FilesInstruction : Instruction
{
    private protected FilesInstruction()
    {
    }

    /// <summary>Without the destination and without heredocs.</summary>
    public required ImmutableArray<string> Sources { get; init; }
    public required string Destination { get; init; }

    /// <summary>Sources whose content stands in the Dockerfile.</summary>
    public required ImmutableArray<Heredoc> Heredocs { get; init; }
    public required string? Chown { get; init; }

    /// <summary>Octal, or symbolic as chmod has it.</summary>
    public required string? Chmod { get; init; }

    /// <summary>The layer does not depend on the ones below.</summary>
    public required bool Link { get; init; }
    public required ImmutableArray<string> Exclude { get; init; }
}

internal sealed record CopyInstruction : FilesInstruction
{
    /// <summary>A stage's name or number, an image, or a named context; null for the build context.</summary>
    public required string? From { get; init; }

    /// <summary>Sources keep their folders, from a <c>/./</c> on where there is one.</summary>
    public required bool Parents { get; init; }
}

internal sealed record AddInstruction : FilesInstruction
{
    public required string? Checksum { get; init; }
    public required bool KeepGitDir { get; init; }

    /// <summary>Null where not given: local archives are unpacked, downloaded ones are not.</summary>
    public required bool? Unpack { get; init; }
}
