using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>How registries are to be talked to, as the command line says it; the rest is in the environment and in files.</summary>
internal sealed record RegistryChoice
{
    public ImmutableArray<string> InsecureHosts { get; init; } = [];
    public string? AuthFile { get; init; }
    public string? PullAuthFile { get; init; }
    public string? PushAuthFile { get; init; }
    public string? CertificateFolder { get; init; }
}

/// <summary>What the commands that talk to registries share: options, and how a client is made of them.</summary>
internal sealed class RegistryAccess
{
    private readonly Option<string[]> insecure = new("--insecure-registry")
    {
        Description = "Connect to this HOST[:PORT] without TLS, or with an untrusted certificate. Not needed for registries on localhost. "
            + "Repeatable.",
        HelpName = "HOST",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> authFile = AuthFileOption();
    private readonly Option<string?> pullAuthFile = FileOption("--pull-authfile",
        "The credentials file for pulls, if different from the one for pushes.");
    private readonly Option<string?> pushAuthFile = FileOption("--push-authfile",
        "The credentials file for pushes, if different from the one for pulls.");
    private readonly Option<string?> certificates = new("--cert-dir")
    {
        Description = "Use the CA certificates (*.crt) and the client certificate (*.cert, *.key) in this folder instead of those in "
            + "certs.d.",
        HelpName = "FOLDER",
    };

    private RegistryAccess() { }

    /// <param name="twoAccounts">False where a login is kept: it goes to one file.</param>
    public static RegistryAccess AddTo(Command command, bool twoAccounts = true)
    {
        var access = new RegistryAccess();
        Option[] separate = twoAccounts ? [access.pullAuthFile, access.pushAuthFile] : [];
        foreach (var option in (Option[])[access.insecure, access.authFile, .. separate, access.certificates])
            command.Add(option);
        return access;
    }

    public static Option<string?> AuthFileOption() =>
        FileOption("--authfile", "The credentials file: an auth.json, a config.json or a Kubernetes secret, or the folder of a mounted "
            + "secret.");

    private static Option<string?> FileOption(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE" };

    public RegistryChoice Read(ParseResult parsed) => new()
    {
        InsecureHosts = [.. parsed.GetValue(insecure) ?? []],
        AuthFile = parsed.GetValue(authFile),
        PullAuthFile = parsed.GetValue(pullAuthFile),
        PushAuthFile = parsed.GetValue(pushAuthFile),
        CertificateFolder = parsed.GetValue(certificates),
    };

    /// <summary>Where credentials are looked for and kept, whether for reading or writing.</summary>
    public Credentials Credentials(CliContext context, ParseResult parsed) => CredentialsOf(context, parsed.GetValue(authFile));

    /// <summary>A client with the user's credentials, or with <paramref name="credentials"/>. Owned by the caller.</summary>
    public RegistryClient Open(CliContext context, ParseResult parsed, CredentialSource? credentials = null) =>
        Open(context, Read(parsed), credentials);

    /// <inheritdoc cref="Open(CliContext, ParseResult, CredentialSource?)"/>
    public static RegistryClient Open(CliContext context, IEnumerable<string> insecureHosts) =>
        Open(context, new RegistryChoice { InsecureHosts = [.. insecureHosts] });

    /// <inheritdoc cref="Open(CliContext, ParseResult, CredentialSource?)"/>
    public static RegistryClient Open(CliContext context, RegistryChoice choice, CredentialSource? credentials = null)
    {
        // Who logs in writes the file.
        string?[] files = [choice.AuthFile, choice.PullAuthFile, choice.PushAuthFile];
        if (credentials is null && files.FirstOrDefault(file => file is not null && !Path.Exists(file)) is { } missing)
        {
            throw new UsageException($"There is no credentials file '{missing}'. "
                + $"To create it, run: manifold login --authfile {ShellWord.Quote(missing)} HOST");
        }
        return Client(context, choice, credentials);
    }

    private static RegistryClient Client(CliContext context, RegistryChoice choice, CredentialSource? credentials) =>
        new(RegistryOptions.From(context.Environment, choice.CertificateFolder) with
        {
            Credentials = credentials ?? CredentialsOf(context, choice.PullAuthFile ?? choice.AuthFile).FindAsync,
            PushCredentials = credentials is null && (choice.PushAuthFile ?? choice.PullAuthFile) is not null
                ? CredentialsOf(context, choice.PushAuthFile ?? choice.AuthFile).FindAsync : null,
            InsecureHosts = [.. choice.InsecureHosts],
            Time = context.Time,
        });

    private static Credentials CredentialsOf(CliContext context, string? file) =>
        Manifold.Registry.Credentials.From(context.Environment, file);

    private const string SkopeoTransport = "docker://";

    private static string WithoutTransport(string text) => text.StartsWith(SkopeoTransport, StringComparison.Ordinal)
        ? text[SkopeoTransport.Length..] : text;

    /// <summary>A reference, also as skopeo spells it: <c>docker://quay.io/acme/app</c>.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static ImageReference Reference(string text)
    {
        if (!ImageReference.TryParse(WithoutTransport(text), out var reference))
            throw new UsageException(ImageReference.WhyNot(text));
        return text.StartsWith(SkopeoTransport, StringComparison.Ordinal) ? reference.Qualified() : reference;
    }

    /// <summary>A registry as credentials are kept for it: <c>https://index.docker.io/v1/</c> and an empty name are docker.io.</summary>
    public static string Registry(string? text)
    {
        var name = text is null or "" ? "docker.io" : text.Split("://")[^1].Split('/')[0];
        if (!ImageReference.TryParse($"{name}/name", out var reference)
            || (reference.Registry != name && reference.Registry != "docker.io"))
            throw new UsageException($"'{text}' is not a registry. Expected HOST or HOST:PORT.");
        return reference.Registry;
    }

    public static ImmutableArray<Platform> Platforms(IEnumerable<string> values) =>
        [.. values.SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(PlatformOf)];

    private static Platform PlatformOf(string text)
    {
        if (!Platform.TryParse(text, out var platform))
            throw new UsageException(
                $"'{text}' is not a platform. Expected os/architecture[/variant], such as linux/arm64 or linux/arm/v7.");
        return platform;
    }
}
