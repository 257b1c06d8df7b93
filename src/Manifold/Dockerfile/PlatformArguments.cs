namespace Manifold.Dockerfile;

/// <summary>The arguments that every build has without being told.</summary>
public static class PlatformArguments
{
    /// <summary>True for the names that say which platform is built, and on which.</summary>
    public static bool IsAutomatic(string name) => name is
        "TARGETPLATFORM" or "TARGETOS" or "TARGETARCH" or "TARGETVARIANT" or "BUILDPLATFORM" or "BUILDOS" or "BUILDARCH" or "BUILDVARIANT";
}
