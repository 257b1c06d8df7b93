using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Images;
using Manifold.Publishing;
using Manifold.Publishing.Referrers;

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
        var attaching = AttachmentFlags.AddTo(command, builds: false);
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var reference = RegistryAccess.Reference(parsed.GetRequiredValue(image));
            var names = parsed.GetValue(targets)?.Select(RegistryAccess.Reference).ToImmutableArray() is { IsEmpty: false } given ? given : [reference];
            var attachments = attaching.Read(parsed);
            using var key = await attachments.LoadKeyAsync(context, cancellation);
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            var top = store.Tags.Find(reference) ?? throw new UsageException(
                $"push {reference}: the store has no image of that name. See: manifold images");
            using var client = access.Open(context, parsed);
            await using var source = new StoreSource(store, client, reference, top);
            var tools = new PublishingTools(store, client, context.Time) { Warn = context.Warn };
            var (progress, request) = (new TransferLines(context), publishing.Read(parsed, names));
            if (!attachments.Any)
            {
                await PublishingFlags.TellAsync(context, await new Publisher(tools).PublishAsync(source, top, request, progress, cancellation), names);
                return;
            }
            var (done, attached) = await new ImageAttachments(tools, attachments.Request(key)).PublishAsync(source, top, request, progress, cancellation);
            await Attachments.TellAsync(context, attached);
            await PublishingFlags.TellAsync(context, done, names);
        });
        return command;
    }
}
