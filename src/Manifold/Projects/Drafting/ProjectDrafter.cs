using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Dockerfile;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Reading;
using Manifold.Projects.SideImages;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Drafting;

/// <summary>Drafts a manifold.yaml from what a folder has: <c>manifold init</c>.</summary>
/// <remarks>
/// <code>
/// 1  bake and compose files     read as 'bake' reads them
/// 2  else a folder of side images
/// 3  else Dockerfiles           in the folder and the folders in it
/// 4  the text                   read back by the reader of manifold.yaml before anybody gets it
/// </code>
/// Variables of bake and compose files have their defaults: no value of the environment gets into the file. Nothing is run, fetched or
/// written.
/// </remarks>
internal static class ProjectDrafter
{
    /// <summary>How many levels of folders are searched for Dockerfiles.</summary>
    public const int Depth = FolderSurvey.Depth;

    /// <summary>The example for a folder that has nothing to start from.</summary>
    public const string Example = """
        platforms: [linux/amd64, linux/arm64]
        images:
          app: {context: .}
        """;

    /// <param name="folder">Absolute.</param>
    /// <returns>Null if the folder has nothing that an image can be made from.</returns>
    /// <exception cref="UsageException">What the folder has cannot be written as a manifold.yaml.</exception>
    /// <exception cref="ProjectFileException">A bake or compose file has errors, and there is no Dockerfile to use instead.</exception>
    public static ProjectDraft? Make(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var options = new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty) { WorkingFolder = folder };
        var notes = new List<string>();
        var survey = FolderSurvey.Make(folder);
        if (survey.IsCut)
            notes.Add("The folder is large. Not all of it was searched for Dockerfiles.");
        var draft = Imported(folder, options, survey, notes) ?? FromDockerfiles(folder, survey, [.. notes]);
        if (draft is null)
            return null;
        Require(folder, options, draft); // 4
        return draft with { Notes = [.. notes] };
    }

    /// <summary>Steps 1 and 2.</summary>
    private static ProjectDraft? Imported(string folder, ReadingOptions options, FolderSurvey survey, List<string> notes)
    {
        var files = ProjectReader.ForeignFilesIn(folder);
        if (files.IsEmpty && !SideImagesFolder.Is(folder))
            return null;
        ImmutableArray<string> sources = files.IsEmpty ? ["components/"] : files;
        var names = string.Join(", ", sources);
        try
        {
            var project = files.IsEmpty ? SideImagesFolder.Read(folder, options) : ProjectReader.Read(files, options);
            var imported = new ImportedDraft(project, folder);
            if (imported.Images.IsEmpty)
            {
                var reasons = imported.LeftOut.IsEmpty ? "no images" : string.Join("; ", imported.LeftOut);
                if (survey.Dockerfiles.IsEmpty)
                    throw new UsageException($"{names}: no image can be built ({reasons}). Correct this, and run the command again.");
                notes.Add($"{names}: no image can be built ({reasons}), so only Dockerfiles were used.");
                return null;
            }
            var used = imported.Dockerfiles.ToHashSet(StringComparer.Ordinal);
            return new ProjectDraft(sources, Names(imported.Images), DraftText.Write(
                $"{string.Join(" and ", sources)}{(files.IsEmpty ? "" : " (variables have their default values)")}",
                    RegistryGuess.Of(folder),
                DraftImage.InOrder(imported.Images), imported.Groups,
                ([.. survey.Dockerfiles.Select(file => file.Path).Where(path => !used.Contains(Path.Combine(folder, path)))],
                    imported.LeftOut)));
        }
        catch (ManifoldException e) when (e is UsageException or ProjectFileException && !survey.Dockerfiles.IsEmpty)
        {
            var why = e is ProjectFileException { Diagnostics: [var first, ..] } ? first.OneLine : e.Message;
            notes.Add($"{names}: only Dockerfiles were used, because of an error: {why}");
            return null;
        }
    }

    /// <summary>Step 3.</summary>
    private static ProjectDraft? FromDockerfiles(string folder, FolderSurvey survey, ImmutableArray<string> notes)
    {
        if (survey.Dockerfiles.IsEmpty)
            return null;
        var registry = RegistryGuess.Of(folder);
        var images = new DockerfileDraft(folder, registry?.Owner).Make(survey.Dockerfiles);
        var sources = survey.Dockerfiles.Length == 1 ? survey.Dockerfiles[0].Path : $"{survey.Dockerfiles.Length} Dockerfiles";
        return new ProjectDraft([.. survey.Dockerfiles.Select(file => file.Path)], Names(images),
            DraftText.Write(sources, registry, images, new JsonObject(), ([], [.. notes, .. survey.LeftOut])));
    }

    private static ImmutableArray<string> Names(ImmutableArray<DraftImage> images) => [.. images.Select(image => image.Name)];

    private static void Require(string folder, ReadingOptions options, ProjectDraft draft)
    {
        try
        {
            var read = ManifoldYaml.Read(ProjectReader.OwnNames[0], new SourceText(ProjectReader.OwnNames[0], draft.Text), options);
            if (!read.Components.Select(component => component.Name).Order().SequenceEqual(draft.Images.Order()))
                throw Invalid("Its images differ from those that were found.");
        }
        catch (ProjectFileException e)
        {
            throw Invalid(e.Diagnostics[0].OneLine);
        }

        UsageException Invalid(string why) => new(
            $"Drafting a manifold.yaml for '{folder}' from {string.Join(", ", draft.Sources.Take(5))}: the result would not be valid. "
                + $"{why}");
    }
}
