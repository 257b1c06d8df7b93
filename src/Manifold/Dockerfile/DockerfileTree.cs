using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Dockerfile;

/// <summary>A comment at the top that speaks to the builder: <c># syntax= # escape= # check=</c>.</summary>
internal sealed record ParserDirective(string Name, string Value, int Line);

/// <summary>A FROM and the instructions up to the next one.</summary>
internal sealed record Stage
{
    public required int Index { get; init; }
    public required FromInstruction From { get; init; }

    /// <summary>Without the FROM.</summary>
    public required ImmutableArray<Instruction> Instructions { get; init; }

    public string? Name => From.StageName;
}

/// <summary>A Dockerfile as it was written; nothing is expanded and nothing is looked up.</summary>
internal sealed record DockerfileTree
{
    public required string FileName { get; init; }
    public required char Escape { get; init; }
    public required ImmutableArray<ParserDirective> Directives { get; init; }

    /// <summary>All instructions in order, FROM and the global ARGs included.</summary>
    public required ImmutableArray<Instruction> Instructions { get; init; }

    /// <summary>The ARGs before the first FROM.</summary>
    public required ImmutableArray<ArgInstruction> GlobalArguments { get; init; }
    public required ImmutableArray<Stage> Stages { get; init; }

    /// <summary>What the file, or who builds it, says of the build checks.</summary>
    public CheckOptions Checks { get; init; } = CheckOptions.None;

    /// <summary>What comments above instructions say of them.</summary>
    public ImmutableArray<LocalCheck> LocalChecks { get; init; } = [];

    /// <summary>What is left of findings when the wishes of <see cref="Checks"/> and <see cref="LocalChecks"/> are heeded.</summary>
    public ImmutableArray<Diagnostic> Heed(ImmutableArray<Diagnostic> findings) => Checks.Apply(LocalCheck.Apply(LocalChecks, findings));

    /// <summary>The stage of that name, whatever its case; of several the last one before <paramref name="before"/>.</summary>
    /// <remarks>FROM sees the stages before its own; <c>COPY --from</c> and <c>--target</c> see all.</remarks>
    public Stage? FindByName(string name, int before = int.MaxValue) =>
        Stages.LastOrDefault(stage => stage.Index < before && string.Equals(stage.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The stage of that name or number.</summary>
    public Stage? Find(string nameOrNumber) => FindByName(nameOrNumber)
        ?? (int.TryParse(nameOrNumber, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < Stages.Length
            ? Stages[index]
            : null);
}

/// <summary>The tree of all that could be read, and what is wrong with the rest.</summary>
internal sealed record ParsedDockerfile
{
    public required DockerfileTree Tree { get; init; }
    public required ImmutableArray<Diagnostic> Diagnostics { get; init; }

    public bool HasErrors => Diagnostics.Any(each => each.Severity == Severity.Error);

    /// <summary>The tree, where it is whole.</summary>
    /// <exception cref="DockerfileException">There are errors.</exception>
    public DockerfileTree OrThrow() => HasErrors ? throw new DockerfileException(Diagnostics) : Tree;
}
