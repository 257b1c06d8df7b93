using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Projects.SideImages;

/// <summary>What the environment says about a side-images folder, with the defaults of the script that the layout comes from.</summary>
/// <remarks>
/// <code>
/// DEST_REGISTRY   quay.io/microshift                where components are published, and REGISTRY in their Dockerfiles
/// COMPONENTS      every folder below components/    what is baked where nothing is named
/// ARCHITECTURES   amd64 arm64 arm ppc64le riscv64
/// PUSH            no
/// PARALLEL        yes
/// </code>
/// Lists are separated by blanks or commas. An empty variable counts as one that is not set.
/// </remarks>
internal sealed record SideImagesSettings
{
    /// <summary>What GOARCH and the images call processors.</summary>
    private static readonly ImmutableArray<string> KnownArchitectures =
        ["386", "amd64", "arm", "arm64", "armhfp", "loong64", "mips64le", "ppc64le", "riscv64", "s390x"];

    public required string Registry { get; init; }

    /// <summary>Null where all are meant.</summary>
    public ImmutableArray<string>? Components { get; init; }

    /// <summary>As the folder's files are named after them.</summary>
    public required ImmutableArray<string> Architectures { get; init; }

    public bool Push { get; init; }
    public bool Parallel { get; init; }

    public static SideImagesSettings Read(ReadingOptions options, ProjectFaults faults)
    {
        var registry = (options.Variable("DEST_REGISTRY") ?? "quay.io/microshift").TrimEnd('/');
        if (!ImageReference.TryParse($"{registry}/name", out _))
            Refuse("DEST_REGISTRY", "must be a registry with an optional folder, in lower case", "Examples: quay.io/acme, 127.0.0.1:5000.");
        var architectures = Words(options.Variable("ARCHITECTURES") ?? "amd64 arm64 arm ppc64le riscv64");
        foreach (var name in architectures.Where(name => !KnownArchitectures.Contains(name)))
            Refuse("ARCHITECTURES", $"contains '{name}', which is not an architecture", Suggestion.For(name,
                KnownArchitectures) ?? $"Valid values: {string.Join(' ', KnownArchitectures)}.");
        return new SideImagesSettings
        {
            Registry = registry,
            Components = options.Variable("COMPONENTS") is { } names ? Words(names) : null,
            Architectures = architectures,
            Push = YesOrNo("PUSH", false),
            Parallel = YesOrNo("PARALLEL", true),
        };

        void Refuse(string name, string what, string hint) =>
            faults.Add("environment", $"{name} {what}", hint, $"{name}={options.Variable(name)}");

        bool YesOrNo(string name, bool otherwise)
        {
            if (options.Variable(name) is not { } value)
                return otherwise;
            if (value is not ("yes" or "no"))
                Refuse(name, "must be yes or no", $"Expected {name}=yes or {name}=no.");
            return value == "yes";
        }
    }

    public static Platform PlatformOf(string architecture) => Platform.Normalized("linux", architecture, null);

    private static ImmutableArray<string> Words(string text) =>
        [.. text.Split([' ', ',', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
}
