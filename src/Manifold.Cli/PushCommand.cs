using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Images;
using Manifold.Publishing;

namespace Manifold.Cli;

/// <summary><c>manifold push</c>: an image of the store to its own name, or to others.</summary>
internal static class PushCommand
{
    public static Command Create(CliContext context)
    {
        var image = new Argument<string>("IMAGE") { Description = "An image of the store." };
        var targets = new Argument<string[]>("TARGET") { Description = "Where it goes. Default: its own name.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("push", "Push an image of the store to registries.") { image, targets };
        var publishing = PublishingFlags.AddTo(command);
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var reference = RegistryAccess.Reference(parsed.GetRequiredValue(image));
            var names = parsed.GetValue(targets)?.Select(RegistryAccess.Reference).ToImmutableArray() is { IsEmpty: false } given ? given : [reference];
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            var top = store.Tags.Find(reference) ?? throw new UsageException(
                $"push {reference}: the store has no image of that name. See: manifold images");
            using var client = access.Open(context, parsed);
            await using var source = new StoreSource(store, client, reference, top);
            var publisher = new Publisher(new PublishingTools(store, client, context.Time) { Warn = context.Warn });
            var done = await publisher.PublishAsync(source, top, publishing.Read(parsed, names), new TransferLines(context), cancellation);
            await PublishingFlags.TellAsync(context, done, names);
        });
        return command;
    }
}
