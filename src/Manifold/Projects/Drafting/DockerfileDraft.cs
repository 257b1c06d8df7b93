using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Fetching;
using Manifold.Oci;

namespace Manifold.Projects.Drafting;

/// <summary>Makes images of Dockerfiles: <c>Dockerfile.arm64</c> beside <c>Dockerfile</c> is the same image for another platform.</summary>
internal sealed class DockerfileDraft(string root, string? owner)
{
    public static readonly ImmutableArray<string> Platforms = ["linux/amd64", "linux/arm64"];

    private readonly string project = ImageNames.From(Path.GetFileName(root));

    public ImmutableArray<DraftImage> Make(ImmutableArray<FoundDockerfile> found)
    {
        var groups = found.GroupBy(each => (each.Folder, each.Variant)).ToList();
        var names = ImageNames.Of(project, [.. groups.Select(group => group.Key)]);
        var siblings = new SiblingGuess(owner, Published(names, [.. groups.Select(group => group.Key.Folder)]));
        var uses = groups.Select((group, i) => siblings.In(names[i], group.Select(each => each.Tree))).ToList();
        return DraftImage.InOrder([.. groups.Select((group, i) => Image(names[i], [.. group], uses[i]))]);
    }

    /// <summary>Names under which the images may be published: with and without the names of the project and the folders.</summary>
    private Dictionary<string, string> Published(IReadOnlyList<string> names, IReadOnlyList<string> folders)
    {
        var published = names.ToDictionary(name => name, StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            published.TryAdd($"{project}-{names[i]}", names[i]);
            published.TryAdd(ImageNames.From(folders[i].Replace('/', '-')), names[i]);
        }
        return published;
    }

    private DraftImage Image(string name, ImmutableArray<FoundDockerfile> files, IReadOnlyList<SiblingUse> uses)
    {
        var main = files.FirstOrDefault(file => file.Platform is null) ?? files[0];
        var guess = ContextGuess.Of(root, main);
        var (values, comments) = (new JsonObject { ["context"] = PathOf(guess.Folder) }, new List<string>());
        comments.Add($"From {string.Join(", ", files.Select(file => file.Path))}.");
        if (guess.Folder != main.Folder)
        {
            comments.Add(guess.Because is { } source
                ? $"The context is '{PathOf(guess.Folder)}', because it has '{source}', which the Dockerfile copies."
                : $"The context is '{PathOf(guess.Folder)}', because '{ContextGuess.NameOf(main.Folder)}' contains only Dockerfiles.");
        }
        if (files.All(file => file.Platform is null))
        {
            if (DockerfileOf(main, guess.Folder) is { } dockerfile)
                values["dockerfile"] = dockerfile;
        }
        else
            values["platforms"] = PlatformsOf(files, guess.Folder);
        AddSiblings(values, comments, uses);
        var own = main.Folder.Length == 0 ? project : ImageNames.From(ContextGuess.NameOf(main.Folder));
        if (ImageNames.IsOfficial(own) && own != name)
            comments.Add($"It is not called '{own}', because 'FROM {own}' refers to the image on Docker Hub.");
        var findings = files.SelectMany(file => file.Findings).ToList();
        if (findings.Count > 0)
        {
            comments.Add($"Might not work on every platform: {findings[0].Place.File}:{findings[0].Place.Line}: {findings[0].Message}.");
            comments.Add($"{(findings.Count > 1 ? $"This and {findings.Count - 1} more" : "See")}: manifold bake --check {name}");
        }
        var needs = uses.Where(use => use.How != SiblingMeaning.Perhaps).Select(use => use.Needs).Distinct();
        return new DraftImage(name, values, [.. comments], [.. needs]);
    }

    private static void AddSiblings(JsonObject values, List<string> comments, IReadOnlyList<SiblingUse> uses)
    {
        var contexts = new JsonObject();
        foreach (var use in uses)
        {
            var where = $"'{use.Text}' ({use.Place.File}:{use.Place.Line})";
            if (use.How == SiblingMeaning.Perhaps)
                comments.Add($"If {where} is the image '{use.Needs}', add: contexts: {{\"{use.Text}\": \"image:{use.Needs}\"}}");
            else
                comments.Add($"{where} is the image '{use.Needs}' of this file.");
            if (use.How == SiblingMeaning.ByContext)
                contexts[use.Text] = $"image:{use.Needs}";
        }
        if (contexts.Count > 0)
            values["contexts"] = contexts;
    }

    /// <summary>The platforms of files by architecture, and the usual ones if a file is for all others.</summary>
    private static JsonObject PlatformsOf(ImmutableArray<FoundDockerfile> files, string context)
    {
        var map = new JsonObject();
        var rest = files.FirstOrDefault(file => file.Platform is null);
        var usual = rest is null ? [] : Platforms.Select(Platform.Parse);
        var all = usual.Concat(files.Select(file => file.Platform).OfType<Platform>()).Distinct();
        foreach (var platform in all)
        {
            var file = files.FirstOrDefault(each => each.Platform == platform) ?? rest!;
            map[platform.ToString()] = DockerfileOf(file, context) is { } dockerfile
                ? new JsonObject { ["dockerfile"] = dockerfile } : new JsonObject();
        }
        return map;
    }

    /// <summary>The Dockerfile's path from the context; null if a build finds it by itself.</summary>
    private static string? DockerfileOf(FoundDockerfile file, string context)
    {
        if (file.IsPlain && file.Folder == context)
            return null;
        return context.Length == 0 ? file.Path : file.Path[(context.Length + 1)..];
    }

    /// <summary>A path that nothing takes for an address or an option.</summary>
    private static string PathOf(string folder)
    {
        if (folder.Length == 0)
            return ".";
        var isPlain = char.IsAsciiLetterOrDigit(folder[0]) && !folder.Contains(':', StringComparison.Ordinal)
            && !ContextFetcher.IsRemote(folder);
        return isPlain ? folder : "./" + folder;
    }
}
