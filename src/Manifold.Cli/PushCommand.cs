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
            var asked = RegistryAccess.Reference(parsed.GetRequiredValue(image));
            var attachments = attaching.Read(parsed);
            using var key = await attachments.LoadKeyAsync(context, cancellation);
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            using var client = access.Open(context, parsed);
            var reference = client.Options.Registries.LocalNames(asked).FirstOrDefault(name => store.Tags.Find(name) is not null) ?? throw new UsageException(
                $"push {asked}: the store has no image of that name. See: manifold images");
            var top = store.Tags.Find(reference)!;
            var names = parsed.GetValue(targets)?.Select(RegistryAccess.Reference).ToImmutableArray() is { IsEmpty: false } given ? given : [reference];
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
