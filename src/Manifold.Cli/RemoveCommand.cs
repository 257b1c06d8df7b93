using System.CommandLine;

namespace Manifold.Cli;

/// <summary><c>manifold rm</c>: takes names away. The content goes with the next prune, unless something else needs it.</summary>
internal static class RemoveCommand
{
    public static Command Create(CliContext context)
    {
        var references = new Argument<string[]>("REF") { Description = "The names to remove.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("rm", "Remove image names from the local store. To free their space, run: manifold prune") { references };
        command.SetAction(parsed =>
        {
            using var store = context.OpenStore();
            // All names are looked up before any is removed.
            var found = parsed.GetRequiredValue(references).Select(text => StoredNames.Find(context, store, text).Name).Distinct().ToList();
            store.Tags.RemoveAll([.. found.Select(StoredNames.ParseReference)]);
            foreach (var name in found)
                context.Out.WriteLine($"Removed {name}");
        });
        return command;
    }
}
