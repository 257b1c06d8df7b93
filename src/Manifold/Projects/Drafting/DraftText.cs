using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Manifold.Projects.Printing;
using Manifold.Text;

namespace Manifold.Projects.Drafting;

/// <summary>Writes a drafted manifold.yaml, with a comment for everything that somebody may want to change.</summary>
internal static class DraftText
{
    private const int CommentWidth = 110;

    /// <param name="sources">What the images come from, for the first comment.</param>
    /// <param name="groups">Empty for none.</param>
    /// <param name="rest">Dockerfiles that no image of the draft is built from, and what is left out, each with the reason.</param>
    public static string Write(
        string sources, RegistryGuess? registry, ImmutableArray<DraftImage> images, JsonObject groups,
        (ImmutableArray<string> Also, ImmutableArray<string> LeftOut) rest)
    {
        var text = new StringBuilder();
        Comment(text, "", $"The images of this project, made from {sources} by 'manifold init'.");
        Comment(text, "", "Show the plan: manifold bake --plan    Build: manifold bake    Publish: manifold bake --push");
        text.Append('\n');
        Comment(text, "", registry?.Registry is null
            ? "Images are published as REGISTRY/NAME:TAG. Remove the # and write your registry."
            : "The registry that images are published to, as REGISTRY/NAME:TAG. "
                + "This one is a guess from the git remote. Remove the # if it is right.");
        text.Append("# registry: ").Append(registry?.Registry ?? "registry.example.com/acme").Append("\n\n");
        Comment(text, "", "Every image is built for these platforms, unless the image sets its own.");
        var platforms = new JsonObject { ["platforms"] = ProjectDocument.Texts(DockerfileDraft.Platforms) };
        text.Append(ProjectPrinter.Fragment(platforms)).Append("\nimages:\n");
        foreach (var (image, i) in images.Select((image, i) => (image, i)))
        {
            if (i > 0)
                text.Append('\n');
            foreach (var comment in image.Comments)
                Comment(text, "  ", comment);
            Indented(text, ProjectPrinter.Fragment(new JsonObject { [image.Name] = image.Values.DeepClone() }));
        }
        if (groups.Count > 0)
            text.Append('\n').Append(ProjectPrinter.Fragment(new JsonObject { ["groups"] = groups.DeepClone() }));
        List(text, "Not in this file, because nothing there builds them. Add an image for each that you need:", rest.Also);
        List(text, "Left out:", rest.LeftOut);
        return ForeignText.Lines(text.ToString()); // readers of YAML drop some invisible characters
    }

    private static void List(StringBuilder text, string title, ImmutableArray<string> lines)
    {
        if (lines.IsEmpty)
            return;
        text.Append('\n');
        Comment(text, "", title);
        foreach (var line in lines)
            Comment(text, "", "  " + line);
    }

    private static void Indented(StringBuilder text, string yaml)
    {
        foreach (var line in yaml.TrimEnd('\n').Split('\n'))
            text.Append(line.Length == 0 ? "" : "  ").Append(line).Append('\n');
    }

    /// <summary>A comment of one or more lines. Nothing in the text can end it.</summary>
    private static void Comment(StringBuilder text, string indent, string comment)
    {
        var whole = ForeignText.Line(comment);
        foreach (var line in Wrapping.Lines(whole, CommentWidth, whole.Length - whole.TrimStart(' ').Length))
            text.Append(indent).Append("# ").Append(line.AsSpan().TrimEnd()).Append('\n');
    }
}
