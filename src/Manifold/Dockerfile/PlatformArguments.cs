using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>The arguments that every build has without being told.</summary>
internal static class PlatformArguments
{
    /// <summary>Which platform is built, and on which: the names that all builders know.</summary>
    public static readonly ImmutableArray<string> Names =
        ["TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT"];

    /// <summary>What others call the target's processor: names that only Manifold gives a value.</summary>
    public static readonly ImmutableArray<string> Spellings =
        ["TARGETUNAME", "TARGETDEBARCH", "TARGETRPMARCH", "TARGETTRIPLE", "TARGETRID", "TARGETNODEARCH"];

    /// <summary>The stage that is built.</summary>
    public const string Stage = "TARGETSTAGE";

    /// <summary>True for the names that say which platform is built, and on which.</summary>
    public static bool IsAutomatic(string name) => Names.Contains(name);

    public static bool IsSpelling(string name) => Spellings.Contains(name);
}
