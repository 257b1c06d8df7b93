using System.CommandLine;
using Manifold.Registry;
using Manifold.Server;

namespace Manifold.Cli;

/// <summary><c>manifold serve</c>: the store as a registry, until it is interrupted.</summary>
internal static class ServeCommand
{
    public static Command Create(CliContext context)
    {
        var listen = new Option<string>("--listen")
        {
            Description = "Address and port; loopback only.", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => ServeOptions.DefaultListen,
        };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse every push." };
        var allowDelete = new Option<bool>("--allow-delete") { Description = "Accept the deletion of tags, manifests and blobs." };
        var command = new Command("serve", "Serve the store as an OCI registry, until Ctrl-C.") { listen, readOnly, allowDelete };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var store = context.OpenStore();
            using var registry = RegistryAccess.Open(context, []);
            var missing = new MissingBlob(registry, new BlobOrigins(store), store);
            await using var server = await RegistryServer.StartAsync(store, new ServeOptions
            {
                Listen = ServeOptions.ParseListen(parsed.GetRequiredValue(listen)),
                ReadOnly = parsed.GetValue(readOnly),
                AllowDelete = parsed.GetValue(allowDelete),
                Warn = message => context.Error.WriteLine($"manifold: {message}"),
                Time = context.Time,
                FetchMissing = missing.TryFetchAsync, // layers of bases that no build needed here
            }, cancellation);
            await context.Error.WriteLineAsync($"Serving {store.Root} on http://{server.Address}. Stop with Ctrl-C.");
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 0;
        });
        return command;
    }
}
