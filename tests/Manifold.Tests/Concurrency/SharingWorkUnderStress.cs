namespace Manifold.Tests.Concurrency;

/// <summary>A few seconds of it. The end-to-end tests take longer.</summary>
public sealed class SharingWorkUnderStress() : SharingWorkAtTheWorstMoments(share: 5);
