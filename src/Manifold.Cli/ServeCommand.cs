using System.CommandLine;
using System.Net;
using Manifold.Content;
using Manifold.Registry;
using Manifold.Server;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary><c>manifold serve</c>: the store as a registry, until it is interrupted.</summary>
internal static class ServeCommand
{
    public static Command Create(CliContext context)
    {
        var flags = new ServeFlags();
        var command = new Command("serve", "Serve the local store as a registry, until you press Ctrl-C.");
        flags.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await Task.Yield(); // signals are caught from the first wait on; one that comes with the greeting must not kill
            using var store = context.OpenStore();
            using var registry = RegistryAccess.Open(context, []);
            var missing = new MissingBlob(registry, new BlobOrigins(store), store);
            // layers of bases that no build needed here
            var options = flags.Read(parsed, context) with { FetchMissing = missing.TryFetchAsync };
            await using var server = await RegistryServer.StartAsync(store, options, cancellation);
            await context.Error.WriteLineAsync(Greeting(store, options, server.Address));
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 0;
        });
        return command;
    }

    private static string Greeting(Store store, ServeOptions options, IPEndPoint listening)
    {
        var everywhere = listening.Address.Equals(IPAddress.Any) || listening.Address.Equals(IPAddress.IPv6Any);
        var address = everywhere ? $"{Environment.MachineName}:{listening.Port}" : listening.ToString();
        var may = options.ReadOnly ? "pull" : options.AllowDelete ? "pull, push and delete" : "pull and push";
        var who = options.PasswordFile is { } file ? $"the users of {file}" : "everyone on this machine";
        string?[] next =
        [
            options.PasswordFile is null ? null : $"docker login {address}",
            options.ReadOnly ? null : $"docker push {address}/NAME:TAG",
            $"docker pull {address}/NAME:TAG",
        ];
        return $"""
            Serving {store.Root} on {(options.TlsCertificate is null ? "http" : "https")}://{listening}. Stop with Ctrl-C.
            {Amounts.Count(store.Tags.List().Length, "image")}; {who} can {may}.
              {string.Join("\n  ", next.OfType<string>())}
            """;
    }
}

/// <summary>The flags of <c>manifold serve</c>, and what they ask of the server.</summary>
internal sealed class ServeFlags
{
    private readonly Option<string> listen = new("--listen")
    {
        Description = "Listen on this address and port. Other machines can connect only with TLS and a user name.",
        HelpName = "ADDRESS:PORT",
        DefaultValueFactory = _ => ServeOptions.DefaultListen,
    };
    private readonly Option<bool> readOnly = new("--read-only") { Description = "Refuse pushes and deletions." };
    private readonly Option<bool> allowDelete = new("--allow-delete")
    {
        Description = "Allow clients to delete tags, manifests and blobs.",
    };
    private readonly Option<string?> htpasswd = new("--htpasswd")
    {
        Description = "Allow only the users in this file. Create it with 'htpasswd -B'. Changes take effect immediately.",
        HelpName = "FILE",
    };
    private readonly Option<string?> tlsCert = new("--tls-cert")
    {
        Description = "The TLS certificate and its chain, in PEM format. The file is read again when it changes.",
        HelpName = "FILE",
    };
    private readonly Option<string?> tlsKey = new("--tls-key")
    {
        Description = "The private key of the certificate, in PEM format.",
        HelpName = "FILE",
    };
    private readonly Option<string[]> allowHost = new("--allow-host")
    {
        Description = "Also accept requests for this host name, such as the name of a proxy. '*' accepts every name. Repeatable.",
        HelpName = "NAME[:PORT]",
    };
    private readonly Option<bool> log = new("--log") { Description = "Log each request." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { listen, readOnly, allowDelete, htpasswd, tlsCert, tlsKey, allowHost, log })
            command.Add(option);
    }

    public ServeOptions Read(ParseResult parsed, CliContext context)
    {
        if (parsed.GetValue(readOnly) && parsed.GetValue(allowDelete))
            throw new UsageException("--read-only and --allow-delete cannot be used together.");
        var error = TextWriter.Synchronized(context.Error);
        return new()
        {
            Listen = ServeOptions.ParseListen(parsed.GetRequiredValue(listen)),
            ReadOnly = parsed.GetValue(readOnly),
            AllowDelete = parsed.GetValue(allowDelete),
            PasswordFile = parsed.GetValue(htpasswd),
            TlsCertificate = parsed.GetValue(tlsCert),
            TlsKey = parsed.GetValue(tlsKey),
            AllowedHosts = [.. (parsed.GetValue(allowHost) ?? []).Select(ServeOptions.ParseHost)],
            Warn = message => error.WriteLine($"manifold: {message}"),
            Log = parsed.GetValue(log) ? error.WriteLine : null,
            Time = context.Time,
        };
    }
}
