using System.Collections.Immutable;

namespace Manifold.Cli;

/// <summary>What fingers type that know docker, skopeo, buildah or cosign, and what it is called here. Consulted only for words that a command does not know.</summary>
internal static class Habits
{
    private const string Tls = "For a registry without a trusted certificate, or without TLS: --insecure-registry HOST. Registries of this machine need nothing.";
    private const string LogIn = "Log in once with 'manifold login HOST', or name a file of credentials: --authfile FILE.";
    private const string AllPlatforms = "All platforms go along where no --platform names some: leave it out.";
    private const string Indexes = "See what an image is with 'manifold inspect'; make and change indexes with 'manifold index'.";
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
        KeyValuePair.Create("--tls-verify", Tls), KeyValuePair.Create("--src-tls-verify", Tls), KeyValuePair.Create("--dest-tls-verify", Tls),
        KeyValuePair.Create("--insecure", Tls), KeyValuePair.Create("--allow-insecure-registry", Tls), KeyValuePair.Create("--allow-http-registry", Tls),
        KeyValuePair.Create("--creds", LogIn), KeyValuePair.Create("--src-creds", LogIn), KeyValuePair.Create("--dest-creds", LogIn),
        KeyValuePair.Create("--src-authfile", "Use --pull-authfile."), KeyValuePair.Create("--dest-authfile", "Use --push-authfile."),
        KeyValuePair.Create("--src-cert-dir", "Use --cert-dir."), KeyValuePair.Create("--dest-cert-dir", "Use --cert-dir."),
        KeyValuePair.Create("--all", AllPlatforms), KeyValuePair.Create("-a", AllPlatforms), KeyValuePair.Create("--multi-arch", AllPlatforms),
        KeyValuePair.Create("--all-platforms", AllPlatforms), KeyValuePair.Create("--override-arch", "Use --platform."), KeyValuePair.Create("--arch", "Use --platform."),
        KeyValuePair.Create("--all-tags", "Use: manifold copy --all-tags REPOSITORY TARGET"), KeyValuePair.Create("--preserve-digests", "Digests stay as they are: leave it out."),
        KeyValuePair.Create("--password", "Others could read it there. Pipe it in: --password-stdin."), KeyValuePair.Create("-p", "A password on the command line could be read by others. Pipe it in: --password-stdin."),
        KeyValuePair.Create("--yes", NothingIsAsked), KeyValuePair.Create("-y", NothingIsAsked),
    ]);

    public static string? OfCommand(string word) => Commands.GetValueOrDefault(word);

    /// <param name="word">The option as typed, a value after <c>=</c> included.</param>
    public static string? OfOption(string word) => Options.GetValueOrDefault(word.Split('=')[0]);
}
