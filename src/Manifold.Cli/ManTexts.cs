using System.Collections.Immutable;

namespace Manifold.Cli;

/// <summary>The parts of manifold(1) that are not in the command tree. The page docs/environment.md has the same tables; a test compares them.</summary>
internal static class ManTexts
{
    public const string Introduction =
        "It is one program without a daemon. It reads the flags of 'docker buildx build' and its Dockerfiles, keeps images in an OCI "
        + "layout that other tools read in place, and speaks to registries itself. 'manifold doctor' says what this machine has and lacks.";

    public static readonly ImmutableArray<(string Code, string Meaning)> ExitCodes =
    [
        ("0", "done"),
        ("1", "the build failed, content is not what it should be, or a file could not be read or written"),
        ("2", "wrong usage, or a wrong file"),
        ("3", "the registry refused, or could not be reached"),
        ("4", "something is missing on this machine, such as a program or disk space; 'manifold doctor' says what"),
        ("130", "interrupted"),
    ];

    public static readonly ImmutableArray<(string Names, string Meaning)> Variables =
    [
        ("MANIFOLD_ROOT", "the store. Default: /var/lib/manifold for root, else $XDG_DATA_HOME/manifold, else ~/.local/share/manifold"),
        ("SOURCE_DATE_EPOCH",
            "the time of files in layers and of the image, in seconds since 1970. "
            + "Default: 0, so that the same input gives the same digest"),
        ("DOCKER_DEFAULT_PLATFORM", "the platforms of 'build' without '--platform'. Default: this machine's"),
        ("DOCKER_CONFIG, REGISTRY_AUTH_FILE", "where 'login' keeps credentials: Docker's folder, podman's file"),
        ("HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "proxies for registries that are not on this machine"),
        ("NO_COLOR", "turns colors off"),
    ];
}
