using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning.Checks;

/// <summary>What the checks may know besides the text. What is not known is not judged.</summary>
internal sealed record CheckFacts
{
    public static CheckFacts None { get; } = new();

    /// <summary>The bases that were found.</summary>
    public IReadOnlyDictionary<(ImageReference, Platform), BaseImage> Bases { get; init; } =
        ImmutableDictionary<(ImageReference, Platform), BaseImage>.Empty;

    /// <summary>The bases that exist and lack the platform.</summary>
    public ImmutableArray<LackingBase> Lacking { get; init; } = [];

    /// <summary>What the context leaves out; null where nobody looked.</summary>
    public IgnoreRules? Ignored { get; init; }

    /// <summary>Files of the context that are made for a machine; null where nobody looked.</summary>
    public ContextFacts? Context { get; init; }
}

/// <summary>A base that has no image for a platform.</summary>
/// <param name="Has">The platforms that it has.</param>
/// <param name="IsIndex">False where the reference is one platform's manifest.</param>
internal sealed record LackingBase(BaseNeed Need, ImmutableArray<Platform> Has, bool IsIndex);

/// <summary>What a build context has that is made for one machine, ignored files left out. Paths are relative, with <c>/</c>.</summary>
/// <param name="Folders">Every folder called <c>node_modules</c>.</param>
internal sealed record ContextFacts(ImmutableArray<MachineFile> Programs, ImmutableArray<string> Folders);

/// <summary>A program or library in the context.</summary>
/// <param name="Machine">For people: what it is made for.</param>
/// <param name="RunsOn">Whether a platform can run it.</param>
internal sealed record MachineFile(string Path, string Machine, Func<Platform, bool> RunsOn);
