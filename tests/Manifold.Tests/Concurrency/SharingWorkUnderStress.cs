namespace Manifold.Tests.Concurrency;

/// <summary>A fifth of the rounds. The end-to-end tests do all of them.</summary>
public sealed class SharingWorkUnderStress() : SharingWorkAtTheWorstMoments(share: 5);
