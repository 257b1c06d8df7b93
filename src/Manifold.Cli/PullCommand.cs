using System.CommandLine;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary><c>manifold pull</c>: images from registries into the store, under their names.</summary>
internal static class PullCommand
{
    public static Command Create(CliContext context)
    {
        var images = new Argument<string[]>("IMAGE")
        {
            Description = "The images to pull, such as quay.io/acme/app:1.4.",
            Arity = ArgumentArity.OneOrMore,
        };
        var platforms = new Option<string[]>("--platform")
        {
            Description = "Pull only these platforms, such as linux/amd64,linux/arm64. Default: all.",
            HelpName = "PLATFORMS",
        };
        var command = new Command("pull", "Pull images from registries into the local store.") { images, platforms };
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var references = parsed.GetRequiredValue(images).Select(RegistryAccess.Reference).ToList();
            var wanted = RegistryAccess.Platforms(parsed.GetValue(platforms) ?? []);
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            using var client = access.Open(context, parsed);
            var puller = new Puller(client, store, new BlobOrigins(store));
            foreach (var reference in references)
            {
                var image = await puller.PullAsync(reference, wanted, new TransferLines(context), cancellation);
                store.Tags.Set(image.Reference, image.Top);
                await context.Out.WriteLineAsync($"{image.Reference.WithDigest(image.Top.Digest)}");
            }
        });
        return command;
    }
}
