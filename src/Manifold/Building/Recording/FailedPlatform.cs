using Manifold.Oci;

namespace Manifold.Building.Recording;

/// <summary>A platform that a component goes without.</summary>
internal sealed record FailedPlatform(Platform Platform, string Reason);
