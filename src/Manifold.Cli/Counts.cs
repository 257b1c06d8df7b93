using System.Globalization;

namespace Manifold.Cli;

/// <summary>Numbers of things as people say them: <c>1 blob</c>, <c>2 blobs</c>.</summary>
internal static class Counts
{
    public static string Of(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
