using System.CommandLine;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary>What the commands over the store's names share: reading a name, finding it, choosing a format.</summary>
internal static class StoredNames
{
    public static ImageReference ParseReference(string text)
    {
        if (!ImageReference.TryParse(text, out var reference))
            throw new UsageException(ImageReference.WhyNot(text));
        return reference;
    }

    /// <exception cref="UsageException">The store has no such name; the message lists the names of the same repository.</exception>
    public static NamedImage Find(CliContext context, Store store, string text)
    {
        var reference = ParseReference(text);
        if (new LocalImages(store, RegistriesConf.From(context.Environment)).Find(reference) is var (name, target))
            return new NamedImage(name.ToString(), target);
        var others = store.Tags.List().Where(image => image.Reference?.Name == reference.Name).Select(image => image.Name).Take(5).ToList();
        throw new UsageException($"The store '{store.Root}' has no image '{reference}'. " +
            (others.Count > 0 ? $"It has: {string.Join(", ", others)}" : "To list the images, run: manifold images"));
    }

    public static Option<string> FormatOption()
    {
        var format = new Option<string>("--format")
        {
            Description = "The format: table or json.",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => "table",
        };
        format.AcceptOneOf("table", "json");
        return format;
    }
}
