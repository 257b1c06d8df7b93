using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>Which of an image's platforms serves when another is asked for: itself, else an older one that its processor runs.</summary>
/// <remarks>As containerd's <c>platforms.Only</c> has it, but never another architecture: an index says amd64 and means it.</remarks>
internal static class PlatformChoice
{
    /// <summary>The best of <paramref name="available"/>; null where none serves. The first of equals wins, as clients have it.</summary>
    public static T? Best<T>(Platform wanted, IEnumerable<T> available, Func<T, Platform> platformOf) where T : class
    {
        var all = available.ToList();
        return Serving(wanted).Select(platform => all.FirstOrDefault(entry => platformOf(entry) == platform))
            .FirstOrDefault(found => found is not null);
    }

    private static IEnumerable<Platform> Serving(Platform wanted) =>
        VariantsServing(wanted).Select(variant => Platform.Normalized(wanted.Os, wanted.Architecture, variant)).Prepend(wanted);

    private static IEnumerable<string> VariantsServing(Platform wanted) => (wanted.Architecture, wanted.Variant) switch
    {
        ("arm", "v8") => ["v7", "v6", "v5"],
        ("arm", "v7") => ["v6", "v5"],
        ("arm", "v6") => ["v5"],
        ("amd64", "v4") => ["v3", "v2", "v1"],
        ("amd64", "v3") => ["v2", "v1"],
        ("amd64", "v2") => ["v1"],
        ("arm64", not null) => ["v8"],
        _ => [],
    };
}
