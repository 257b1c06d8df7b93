using System.Text.Json;
using System.Text.Json.Nodes;
using Manifold.Linux;

namespace Manifold.Registry;

/// <summary>A program <c>docker-credential-NAME</c> that keeps passwords elsewhere.</summary>
/// <remarks>
/// Source: docker-credential-helpers, "Development": the verb is the argument, the rest goes through standard input and output.
/// </remarks>
internal sealed class CredentialHelper(string name, string file, string? searchPath)
{
    // How helpers say on their standard output that they know nothing: errors of the protocol's Go library.
    private const string NotFound = "credentials not found";

    private string Program => "docker-credential-" + name;

    /// <summary>
    /// Null where the helper knows nothing. A helper that is missing or fails gives nobody, with a note: public images need none.
    /// </summary>
    public async Task<Credential?> GetAsync(string registry, CancellationToken cancellation)
    {
        var result = await RunAsync("get", registry, cancellation).ConfigureAwait(false);
        if (result is null)
            return Credential.Anonymous with { Note = $"The credential helper '{Program}', set in '{file}', is not installed. " };
        if (result.ExitCode != 0)
            return result.Output.Contains(NotFound, StringComparison.Ordinal) ? null
                : Credential.Anonymous with
                {
                    Note = $"The credential helper '{Program}', set in '{file}', failed (exit code {result.ExitCode}). ",
                };
        return Read(result.Output) ?? Credential.Anonymous with
        {
            Note = $"The credential helper '{Program}', set in '{file}', returned no credential. ",
        };
    }

    /// <exception cref="HostNotReadyException">The helper is missing or refuses.</exception>
    public async Task StoreAsync(string registry, string user, string password, CancellationToken cancellation)
    {
        var entry = new JsonObject { ["ServerURL"] = registry, ["Username"] = user, ["Secret"] = password };
        var result = await RunAsync("store", entry.ToJsonString(), cancellation).ConfigureAwait(false);
        if (result is not { ExitCode: 0 })
            throw new HostNotReadyException($"Storing the credential with '{Program}', set in '{file}': "
                + $"{(result is null ? "it is not installed" : $"exit code {result.ExitCode}")}. Install or fix it, or remove it from "
                + "the file.");
    }

    public async Task<bool> EraseAsync(string registry, CancellationToken cancellation) =>
        await RunAsync("erase", registry, cancellation).ConfigureAwait(false) is { ExitCode: 0 };

    private async Task<ChildProcess.Result?> RunAsync(string verb, string input, CancellationToken cancellation)
    {
        // A name with a folder in it would run any program.
        if (name.Contains('/', StringComparison.Ordinal) || ChildProcess.Find(Program, searchPath) is not { } program)
            return null;
        // The keyring of a desktop speaks with nobody but its user.
        var command = UserNamespaceEntry.AsCaller([program, verb]);
        return await ChildProcess.RunAsync(command[0], command[1..], input, cancellation: cancellation).ConfigureAwait(false);
    }

    private static Credential? Read(string output)
    {
        try
        {
            using var json = JsonDocument.Parse(output);
            var (user, secret) = (json.RootElement.GetProperty("Username").GetString(), json.RootElement.GetProperty("Secret").GetString());
            return user == "<token>" ? new Credential { IdentityToken = secret } : new Credential { UserName = user, Password = secret };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
