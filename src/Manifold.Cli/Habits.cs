using System.Collections.Immutable;

namespace Manifold.Cli;

/// <summary>What fingers type that know docker, skopeo, buildah or cosign, and what it is called here. Consulted only for words that a command does not know.</summary>
internal static class Habits
{
    private const string Tls = "For a registry without a trusted certificate, or without TLS: --insecure-registry HOST. Registries of this machine need nothing.";
    private const string LogIn = "Log in once with 'manifold login HOST', or name a file of credentials: --authfile FILE.";
    private const string AllPlatforms = "All platforms go along where no --platform names some: leave it out.";
    private const string Indexes = "See what an image is with 'manifold inspect'; make and change indexes with 'manifold index'.";
    private const string Resources =
        "Limit the RUNs with --cgroup-parent GROUP, or the whole build with: "
        + "systemd-run --scope -p MemoryMax=2G -p CPUQuota=200% manifold build …";
    private const string NoContainers = "No containers are left behind: leave it out.";
    private const string NothingIsAsked = "Nothing is asked: leave it out.";

    private static readonly ImmutableDictionary<string, string> Commands = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("manifest", Indexes), KeyValuePair.Create("imagetools", Indexes),
        KeyValuePair.Create("buildx", "Leave it out: manifold build."), KeyValuePair.Create("bud", "Use: manifold build."),
        KeyValuePair.Create("save", "Use: manifold copy store:NAME docker-archive:FILE"), KeyValuePair.Create("load", "Use: manifold copy docker-archive:FILE store:NAME"),
        KeyValuePair.Create("sync", "Use: manifold copy --all-tags REPOSITORY TARGET"), KeyValuePair.Create("generate-key-pair", "Use: manifold key generate"),
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
        KeyValuePair.Create("--preserve-digests", "Digests stay as they are: leave it out."),
        KeyValuePair.Create("--password", "Others could read it there. Pipe it in: --password-stdin."),
        KeyValuePair.Create("-p", "A password on the command line could be read by others. Pipe it in: --password-stdin."),
        KeyValuePair.Create("--builder", "There is none to choose: builds run in this program, on this machine. Leave it out."),
        KeyValuePair.Create("--policy", "Pin what is built from with 'manifold lock', and build with --locked."),
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
        KeyValuePair.Create("--compress", "The context is read where it lies, and sent nowhere: leave it out."),
        KeyValuePair.Create("--squash", "Make one layer of a stage by copying it: FROM scratch, then COPY --from=STAGE / /."),
        KeyValuePair.Create(
            "--security-opt", "A RUN that needs all rights says RUN --security=insecure, and --allow security.insecure allows it."),
        KeyValuePair.Create("--isolation", "It is about containers of Windows: leave it out."),
        KeyValuePair.Create(
            "--disable-content-trust",
            "Leave it out. Images are signed with --sign --key FILE, and checked with 'manifold verify --key FILE'."),
        KeyValuePair.Create("--list", "Use --print: it shows images, groups and values."),
        KeyValuePair.Create("--list-targets", "Use --print: it shows images and groups."),
        KeyValuePair.Create("--list-variables", "Use --print: it shows what variables became."),
        KeyValuePair.Create("--invoke", "Build a stage with --target and --load, and run it with docker or podman."),
        KeyValuePair.Create("--on", "Build a stage with --target and --load, and run it with docker or podman."),
        KeyValuePair.Create("--detach", "Run it in the background of your shell."),
        KeyValuePair.Create("--yes", NothingIsAsked),
        KeyValuePair.Create("-y", NothingIsAsked),
    ]);

    public static string? OfCommand(string word) => Commands.GetValueOrDefault(word);

    /// <param name="word">The option as typed, a value after <c>=</c> included.</param>
    public static string? OfOption(string word) => Options.GetValueOrDefault(word.Split('=')[0]);
}
