using System.CommandLine;
using System.Net;
using Manifold.Content;
using Manifold.Registry;
using Manifold.Server;

namespace Manifold.Cli;

/// <summary><c>manifold serve</c>: the store as a registry, until it is interrupted.</summary>
internal static class ServeCommand
{
    private static readonly Option<string> Listen = new("--listen")
    {
        Description = "Address and port. Others than this machine are served with TLS and to users only.", HelpName = "ADDRESS:PORT",
        DefaultValueFactory = _ => ServeOptions.DefaultListen,
    };
    private static readonly Option<bool> ReadOnly = new("--read-only") { Description = "Refuse every push and every deletion." };
    private static readonly Option<bool> AllowDelete = new("--allow-delete") { Description = "Accept the deletion of tags, manifests and blobs." };
    private static readonly Option<string?> Htpasswd = new("--htpasswd")
    {
        Description = "Let in the users of this file only, as 'htpasswd -B' writes it. It is read again when it changes.", HelpName = "FILE",
    };
    private static readonly Option<string?> TlsCert = new("--tls-cert")
    {
        Description = "Certificate with its chain (PEM). It is read again when it is renewed.", HelpName = "FILE",
    };
    private static readonly Option<string?> TlsKey = new("--tls-key") { Description = "Key of the certificate (PEM).", HelpName = "FILE" };
    private static readonly Option<bool> Log = new("--log") { Description = "Print a line for each request." };

    public static Command Create(CliContext context)
    {
        var command = new Command("serve", "Serve the store as an OCI registry, until Ctrl-C.") { Listen, ReadOnly, AllowDelete, Htpasswd, TlsCert, TlsKey, Log };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var store = context.OpenStore();
            using var registry = RegistryAccess.Open(context, []);
            var missing = new MissingBlob(registry, new BlobOrigins(store), store);
            var options = Read(parsed, context) with { FetchMissing = missing.TryFetchAsync }; // layers of bases that no build needed here
            await using var server = await RegistryServer.StartAsync(store, options, cancellation);
            await context.Error.WriteLineAsync(Greeting(store, options, server));
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 0;
        });
        return command;
    }

    private static ServeOptions Read(ParseResult parsed, CliContext context)
    {
        var error = TextWriter.Synchronized(context.Error);
        return new()
        {
            Listen = ServeOptions.ParseListen(parsed.GetRequiredValue(Listen)),
            ReadOnly = parsed.GetValue(ReadOnly),
            AllowDelete = parsed.GetValue(AllowDelete),
            PasswordFile = parsed.GetValue(Htpasswd),
            TlsCertificate = parsed.GetValue(TlsCert),
            TlsKey = parsed.GetValue(TlsKey),
            Warn = message => error.WriteLine($"manifold: {message}"),
            Log = parsed.GetValue(Log) ? error.WriteLine : null,
            Time = context.Time,
        };
    }

    private static string Greeting(Store store, ServeOptions options, RegistryServer server)
    {
        var may = options.ReadOnly ? "pull" : options.AllowDelete ? "pull, push and delete" : "pull and push";
        var who = options.PasswordFile is { } file ? $"the users of {file}" : "everybody on this machine";
        var address = server.Address.Address.Equals(IPAddress.Any) || server.Address.Address.Equals(IPAddress.IPv6Any)
            ? $"{Environment.MachineName}:{server.Address.Port}" : server.Address.ToString();
        var login = options.PasswordFile is null ? "" : $"\n  docker login {address}";
        var push = options.ReadOnly ? "" : $"\n  docker push {address}/NAME:TAG";
        return $"""
            Serving {store.Root} on {(options.TlsCertificate is null ? "http" : "https")}://{server.Address}. Stop with Ctrl-C.
            {store.Tags.List().Length} images; {who} may {may}.{login}{push}
              docker pull {address}/NAME:TAG
            """;
    }
}
