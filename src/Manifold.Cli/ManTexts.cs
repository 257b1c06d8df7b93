using System.Collections.Immutable;

namespace Manifold.Cli;

/// <summary>
/// The parts of manifold(1) that are not in the command tree.
/// The page docs/environment.md has the same tables; a test compares them.
/// </summary>
internal static class ManTexts
{
    public const string Introduction =
        "Manifold is a single program without a daemon. It accepts the flags of 'docker buildx build' and its Dockerfiles, stores images "
            + "in an "
        + "OCI layout that other tools can read, and talks to registries itself. 'manifold doctor' checks whether this machine is ready.";

    public static readonly ImmutableArray<(string Code, string Meaning)> ExitCodes =
    [
        ("0", "success"),
        ("1", "the build failed, a check failed, or a file could not be read or written"),
        ("2", "the command line or a file is wrong"),
        ("3", "a registry refused a request, or could not be reached"),
        ("4", "something is missing on this machine, such as a program or disk space; run 'manifold doctor'"),
        ("130", "interrupted"),
    ];

    public static readonly ImmutableArray<(string Names, string Meaning)> Variables =
    [
        ("MANIFOLD_ROOT", "the folder of the local store. Default: /var/lib/manifold for root, else $XDG_DATA_HOME/manifold, else "
            + "~/.local/share/manifold"),
        ("SOURCE_DATE_EPOCH",
            "the time of the image and of the files in its layers, in seconds since 1970. "
            + "Default: 0, so that the same input gives the same digest"),
        ("DOCKER_DEFAULT_PLATFORM", "the platforms to build if '--platform' is missing. Default: the platform of this machine"),
        ("DOCKER_CONFIG, REGISTRY_AUTH_FILE", "where 'login' stores credentials: the folder of Docker, the file of podman"),
        ("XDG_RUNTIME_DIR", "the folder of podman's containers/auth.json"),
        ("CONTAINERS_REGISTRIES_CONF",
            "the registries.conf to read instead of the ones in /etc/containers and ~/.config/containers"),
        ("XDG_CONFIG_HOME, XDG_CACHE_HOME",
            "the folders of settings and caches: manifold/config.yaml, and those of other tools such as podman. "
            + "Default: ~/.config, ~/.cache"),
        ("SSL_CERT_FILE, SSL_CERT_DIR", "the certificates of authorities to trust for every registry: a file, and folders"),
        ("HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "proxies for registries on other machines"),
        ("COSIGN_PASSWORD", "the password of the key that 'sign' and '--sign' use"),
        ("MANIFOLD_SSH", "the command to use instead of 'ssh' to connect to nodes, with its options, such as 'ssh -F FILE'"),
        ("MANIFOLD_NODE_PROGRAMS",
            "the folder with the native programs to copy to nodes, such as 'manifold-arm64'. Default: looks beside the running program"),
        ("SSH_AUTH_SOCK", "the agent that '--ssh default' forwards to a RUN"),
        ("GITHUB_STEP_SUMMARY", "the file to which a build in GitHub Actions appends its report"),
        ("CI", "if it is set and not 'false', progress is plain lines instead of a live display"),
        ("NO_COLOR", "turns colors off"),
        ("TERM", "'dumb' turns colors and the live display off"),
        ("MANIFOLD_DEBUG", "'1' adds the stack trace to an error, as '--debug' does"),
    ];
}
