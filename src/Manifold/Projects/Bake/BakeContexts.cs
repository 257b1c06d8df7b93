using Manifold.Fetching;
using Manifold.Planning;

namespace Manifold.Projects.Bake;

/// <summary>What bake's context texts mean.</summary>
internal static class BakeContexts
{
    /// <summary>How bake spells the folder in which it was started.</summary>
    public const string WorkingFolder = "cwd://";

    public static bool IsRemote(string text) =>
        !text.StartsWith(WorkingFolder, StringComparison.Ordinal) && ContextFetcher.IsRemote(text);

    /// <summary>Paths of a bake file start from the working folder, wherever the file is.</summary>
    public static string FolderOf(string text, ReadingOptions options) =>
        Path.GetFullPath(Path.Combine(options.WorkingFolder,
            text.StartsWith(WorkingFolder, StringComparison.Ordinal) ? text[WorkingFolder.Length..].TrimStart('/') : text));

    /// <summary>Null with a reason where the text is no context that can be had.</summary>
    public static NamedContext? Parse(string text, ReadingOptions options, out string wrong)
    {
        wrong = "";
        if (text.StartsWith("target:", StringComparison.Ordinal))
            return new SiblingContext(text["target:".Length..]);
        return ContextText.Parse(text.StartsWith(WorkingFolder, StringComparison.Ordinal) ? FolderOf(text, options) : text,
            options.WorkingFolder, out wrong);
    }
}
