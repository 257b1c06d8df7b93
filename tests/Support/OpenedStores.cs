using Manifold.Content;
using Manifold.Sandbox;

namespace Manifold.Tests.Support;

/// <summary>Stores as the program opens them.</summary>
internal static class OpenedStores
{
    extension(Store)
    {
        public static Store Open(string root) => Store.Open(root, AbandonedRuns.End);
    }
}
