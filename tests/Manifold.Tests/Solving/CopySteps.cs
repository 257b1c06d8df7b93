using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Tests.Solving;

/// <summary>Steps of a COPY from the context, for tests that place what they select.</summary>
internal static class CopySteps
{
    public static CopyStep Of(string destination, params string[] sources) => new()
    {
        Digest = Digest.Of("step"),
        Parent = null,
        Platform = Platform.Parse("linux/amd64"),
        Place = new Place("Dockerfile", 1, 1, 1),
        Name = "COPY",
        From = null,
        Sources = [.. sources],
        Destination = destination,
    };
}
