using System.CommandLine;

namespace Manifold.Cli;

/// <summary><c>manifold tag</c>: another name for an image of the store.</summary>
internal static class TagCommand
{
    public static Command Create(CliContext context)
    {
        var source = new Argument<string>("SOURCE") { Description = "The name of an image in the local store." };
        var target = new Argument<string>("TARGET") { Description = "The new name." };
        var command = new Command("tag", "Give an image in the local store another name.") { source, target };
        command.SetAction(parsed =>
        {
            using var store = context.OpenStore();
            var name = StoredNames.ParseReference(parsed.GetRequiredValue(target));
            if (name.Digest is not null)
                throw new UsageException($"'{name}' has a digest. A new name can only have a tag.");
            store.Tags.Set(name, StoredNames.Find(context, store, parsed.GetRequiredValue(source)).Target);
        });
        return command;
    }
}
