using System.CommandLine;
using Manifold.Planning;

namespace Manifold.Cli;

/// <summary>The flags that say what a built image is like as a whole: with an index or without, and its time.</summary>
internal sealed class ImageFlags
{
    private readonly Option<string> index = new("--index")
    {
        Description = "When to create an index: always or never. An image without an index has a single platform.",
        DefaultValueFactory = _ => "always",
        HelpName = "WHEN",
    };

    private readonly Option<string?> created = new("--created")
    {
        Description = "The creation time of the image: now, context (the time of the commit or archive) or seconds since 1970. "
            + "File times do not change.",
        HelpName = "TIME",
    };

    public static ImageFlags AddTo(Command command)
    {
        var flags = new ImageFlags();
        flags.index.AcceptOneOf("always", "never");
        flags.created.CompletionSources.Add(CreatedTime.Words);
        command.Add(flags.index);
        command.Add(flags.created);
        return flags;
    }

    public bool WithoutIndex(ParseResult parsed) => parsed.GetValue(index) == "never";

    /// <summary>Null where nothing is said.</summary>
    public CreatedTime? Created(ParseResult parsed) => parsed.GetValue(created) is { } text ? CreatedTime.Parse("--created", text) : null;
}
