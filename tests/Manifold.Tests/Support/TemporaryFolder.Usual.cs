namespace Manifold.Tests.Support;

/// <summary>These tests make tens of thousands of small files, which cost much less in memory than on a disk.</summary>
public sealed partial class TemporaryFolder
{
    private static string Usual => InMemory ?? System.IO.Path.GetTempPath();
}
