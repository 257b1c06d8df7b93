using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary><c>manifold push</c>: an image of the store to its own name, or to others.</summary>
internal static class PushCommand
{
    public static Command Create(CliContext context)
    {
        var image = new Argument<string>("IMAGE") { Description = "An image of the store." };
        var targets = new Argument<string[]>("TARGET") { Description = "Where it goes. Default: its own name.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("push", "Push an image of the store to registries.") { image, targets };
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var reference = RegistryAccess.Reference(parsed.GetRequiredValue(image));
            var names = parsed.GetValue(targets)?.Select(RegistryAccess.Reference).ToImmutableArray() is { IsEmpty: false } given ? given : [reference];
            using var store = context.OpenStore();
            var top = store.Tags.Find(reference) ?? throw new UsageException(
                $"push {reference}: the store has no image of that name. See: manifold images");
            using var client = access.Open(context, parsed);
            var done = await new Pusher(client, store, new BlobOrigins(store)).PushAsync(top, names, new TransferLines(context), cancellation);
            await context.Error.WriteLineAsync(
                $"{Counts.Of(done.Uploaded, "blob")} pushed ({ByteSize.Format(done.UploadedBytes)}), {done.Mounted} mounted, {done.AlreadyThere} there already");
            foreach (var name in names)
                await context.Out.WriteLineAsync($"{name.WithDigest(top.Digest)}");
        });
        return command;
    }
}
