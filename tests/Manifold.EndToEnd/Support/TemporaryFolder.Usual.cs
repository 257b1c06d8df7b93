namespace Manifold.Tests.Support;

/// <summary>These tests need the file system that people build on: overlays, attributes, and room for whole images.</summary>
public sealed partial class TemporaryFolder
{
    private static string Usual => System.IO.Path.GetTempPath();
}
