using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary>What the commands that talk to registries share: an option, and how a client is made of it.</summary>
internal sealed class RegistryAccess
{
    private readonly Option<string[]> insecure = new("--insecure-registry")
    {
        Description = "Talk to this HOST[:PORT] without a trusted certificate, or without TLS. Loopback registries need it not.",
        HelpName = "HOST",
        Arity = ArgumentArity.OneOrMore,
    };

    private RegistryAccess() { }

    public static RegistryAccess AddTo(Command command)
    {
        var access = new RegistryAccess();
        command.Add(access.insecure);
        return access;
    }

    /// <summary>A client with the user's credentials, or with <paramref name="credentials"/>. Owned by the caller.</summary>
    public RegistryClient Open(CliContext context, ParseResult parsed, CredentialSource? credentials = null) => new(new RegistryOptions
    {
        Credentials = credentials ?? Credentials.From(context.Environment).FindAsync,
        InsecureHosts = [.. parsed.GetValue(insecure) ?? []],
        Time = context.Time,
    });

    /// <inheritdoc cref="Open(CliContext, ParseResult, CredentialSource?)"/>
    public static RegistryClient Open(CliContext context, IEnumerable<string> insecureHosts) => new(new RegistryOptions
    {
        Credentials = Credentials.From(context.Environment).FindAsync, InsecureHosts = [.. insecureHosts], Time = context.Time,
    });

    /// <exception cref="UsageException">It is none.</exception>
    public static ImageReference Reference(string text) => ImageReference.TryParse(text, out var reference) ? reference
        : throw new UsageException($"'{text}' is not an image reference. Expected [registry/]repository[:tag][@digest], in lower case.");

    /// <summary>A registry as credentials are kept for it: <c>https://index.docker.io/v1/</c> and an empty name are docker.io.</summary>
    public static string Registry(string? text)
    {
        var name = text is null or "" ? "docker.io" : text.Split("://")[^1].Split('/')[0];
        return ImageReference.TryParse($"{name}/name", out var reference) && (reference.Registry == name || reference.Registry == "docker.io") ? reference.Registry
            : throw new UsageException($"'{text}' is not a registry. Expected HOST or HOST:PORT.");
    }

    public static ImmutableArray<Platform> Platforms(IEnumerable<string> values) =>
        [.. values.SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(text => Platform.TryParse(text, out var platform) ? platform
                : throw new UsageException($"'{text}' is not a platform. Expected os/architecture[/variant], e.g. linux/arm64 or linux/arm/v7."))];
}
