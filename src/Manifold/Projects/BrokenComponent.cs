using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Projects;

/// <summary>A component that cannot be built as its file is, or the name of one that is not there: judged where it is asked for.</summary>
/// <param name="Faults">What stands in the way.</param>
/// <param name="IsPrintable">It is understood, and only cannot be built.</param>
internal sealed record BrokenComponent(ImmutableArray<Diagnostic> Faults, bool IsPrintable);
