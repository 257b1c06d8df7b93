namespace Manifold.EndToEnd.Concurrency;

/// <summary>Over a thousand meetings of threads, for races that are rare.</summary>
public sealed class SharingWorkUnderLongStress() : SharingWorkAtTheWorstMoments(share: 1);
