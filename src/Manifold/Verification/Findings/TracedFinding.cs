
namespace Manifold.Verification.Findings;

/// <summary>A finding and the layer, from 0, whose file it is about; null where no file is.</summary>
internal sealed record TracedFinding(Finding Finding, int? Layer);
