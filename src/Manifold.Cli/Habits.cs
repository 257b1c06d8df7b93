using System.Collections.Immutable;

namespace Manifold.Cli;

/// <summary>
/// Words from docker, skopeo, buildah and cosign, with their counterparts here.
/// Used only for words that a command does not know.
/// </summary>
internal static class Habits
{
    private const string Tls = "For a registry without TLS or a trusted certificate, use --insecure-registry HOST. Registries on "
        + "localhost do not need it.";
    private const string LogIn = "Log in with 'manifold login HOST', or use --authfile FILE.";
    private const string AllPlatforms = "Leave it out: without --platform, all platforms are included.";
    private const string Indexes = "Use 'manifold inspect' to show an image, or 'manifold index' to create and change indexes.";
    private const string Resources =
        "To limit RUN steps, use --cgroup-parent GROUP. To limit the whole build, run: "
        + "systemd-run --scope -p MemoryMax=2G -p CPUQuota=200% manifold build ...";
    private const string NoContainers = "Leave it out: a build leaves no containers behind.";
    private const string NothingIsAsked = "Leave it out: manifold does not ask for confirmation.";

    private static readonly ImmutableDictionary<string, string> Commands = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("manifest", Indexes), KeyValuePair.Create("imagetools", Indexes),
        KeyValuePair.Create("buildx", "Leave it out. Use: manifold build"), KeyValuePair.Create("bud", "Use: manifold build"),
        KeyValuePair.Create("save", "Use: manifold copy store:NAME docker-archive:FILE"),
        KeyValuePair.Create("load", "Use: manifold copy docker-archive:FILE store:NAME"),
        KeyValuePair.Create("sync", "Use: manifold copy --all-tags REPOSITORY TARGET"),
        KeyValuePair.Create("generate-key-pair", "Use: manifold key generate"),
        KeyValuePair.Create("attest", "Use: manifold push --sbom, or manifold build --push --sbom --provenance"),
    ]);

    private static readonly ImmutableDictionary<string, string> Options = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("--tls-verify", Tls),
        KeyValuePair.Create("--src-tls-verify", Tls),
        KeyValuePair.Create("--dest-tls-verify", Tls),
        KeyValuePair.Create("--insecure", Tls),
        KeyValuePair.Create("--allow-insecure-registry", Tls),
        KeyValuePair.Create("--allow-http-registry", Tls),
        KeyValuePair.Create("--creds", LogIn),
        KeyValuePair.Create("--src-creds", LogIn),
        KeyValuePair.Create("--dest-creds", LogIn),
        KeyValuePair.Create("--src-authfile", "Use --pull-authfile."),
        KeyValuePair.Create("--dest-authfile", "Use --push-authfile."),
        KeyValuePair.Create("--src-cert-dir", "Use --cert-dir."),
        KeyValuePair.Create("--dest-cert-dir", "Use --cert-dir."),
        KeyValuePair.Create("--all", AllPlatforms),
        KeyValuePair.Create("-a", AllPlatforms),
        KeyValuePair.Create("--multi-arch", AllPlatforms),
        KeyValuePair.Create("--all-platforms", AllPlatforms),
        KeyValuePair.Create("--override-arch", "Use --platform."),
        KeyValuePair.Create("--arch", "Use --platform."),
        KeyValuePair.Create("--all-tags", "Use: manifold copy --all-tags REPOSITORY TARGET"),
        KeyValuePair.Create("--preserve-digests", "Leave it out: digests never change."),
        KeyValuePair.Create("--password", "Other users can read the command line. Pipe the password in with --password-stdin."),
        KeyValuePair.Create("-p", "Other users can read the command line. Pipe the password in with --password-stdin."),
        KeyValuePair.Create("--builder", "Leave it out: builds run in this program, on this machine."),
        KeyValuePair.Create("--policy", "To control what a build uses, pin it with 'manifold lock', and build with --locked."),
        KeyValuePair.Create("--resource", Resources),
        KeyValuePair.Create("--memory", Resources),
        KeyValuePair.Create("-m", Resources),
        KeyValuePair.Create("--memory-swap", Resources),
        KeyValuePair.Create("--cpu-period", Resources),
        KeyValuePair.Create("--cpu-quota", Resources),
        KeyValuePair.Create("--cpu-shares", Resources),
        KeyValuePair.Create("-c", Resources),
        KeyValuePair.Create("--cpuset-cpus", Resources),
        KeyValuePair.Create("--cpuset-mems", Resources),
        KeyValuePair.Create("--rm", NoContainers),
        KeyValuePair.Create("--force-rm", NoContainers),
        KeyValuePair.Create("--compress", "Leave it out: the context is not sent anywhere."),
        KeyValuePair.Create("--squash", "To make one layer of a stage, copy it: FROM scratch, then COPY --from=STAGE / /."),
        KeyValuePair.Create(
            "--security-opt", "For a step that needs full privileges, write RUN --security=insecure and build with --allow "
                + "security.insecure."),
        KeyValuePair.Create("--isolation", "Leave it out: it is only for Windows containers."),
        KeyValuePair.Create(
            "--disable-content-trust",
            "Leave it out. To sign an image, use --sign --key FILE. To check signatures, run: manifold verify --key FILE IMAGE"),
        KeyValuePair.Create("--list", "Use --print to see images, groups and values."),
        KeyValuePair.Create("--list-targets", "Use --print to see images and groups."),
        KeyValuePair.Create("--list-variables", "Use --print to see the values of variables."),
        KeyValuePair.Create("--invoke", "Build the stage with --target and --load, and run it with docker or podman."),
        KeyValuePair.Create("--on", "Build the stage with --target and --load, and run it with docker or podman."),
        KeyValuePair.Create("--detach", "Run the command in the background: manifold build ... &"),
        KeyValuePair.Create("--yes", NothingIsAsked),
        KeyValuePair.Create("-y", NothingIsAsked),
    ]);

    public static string? OfCommand(string word) => Commands.GetValueOrDefault(word);

    /// <param name="word">The option as typed, a value after <c>=</c> included.</param>
    public static string? OfOption(string word) => Options.GetValueOrDefault(word.Split('=')[0]);
}
