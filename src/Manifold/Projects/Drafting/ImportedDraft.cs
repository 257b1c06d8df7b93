using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Manifold.Oci;
using Manifold.Projects.Printing;

namespace Manifold.Projects.Drafting;

/// <summary>Makes images of a project that another file describes: bake, compose, or a folder of side images.</summary>
internal sealed partial class ImportedDraft
{
    private readonly Project project;
    private readonly string folder;
    private readonly List<string> leftOut = [];
    private readonly HashSet<string> kept;
    private readonly HashSet<ImageReference> named = [];

    /// <param name="folder">The working folder that the project was read from; absolute.</param>
    public ImportedDraft(Project project, string folder)
    {
        (this.project, this.folder) = (project, folder);
        kept = project.Components.Where(IsUsable).Select(component => component.Name).ToHashSet(StringComparer.Ordinal);
        while (kept.RemoveWhere(name => LostBase(name) is not null) > 0)
        {
            // An image that is based on a removed one is removed, too.
        }
        foreach (var component in project.Components.Where(component => !kept.Contains(component.Name)))
            if (LostBase(component.Name) is { } lost)
                leftOut.Add($"{component.Name}: it needs '{lost}', which is left out.");
        Images = [.. project.Components.Where(component => kept.Contains(component.Name)).Select(Image)];
    }

    public ImmutableArray<DraftImage> Images { get; }

    /// <summary>Images that the file cannot have, each with the reason.</summary>
    public ImmutableArray<string> LeftOut => [.. leftOut];

    /// <summary>The groups whose members are in the draft, <c>default</c> included. Empty if everything is baked by default.</summary>
    public JsonObject Groups
    {
        get
        {
            var all = project.Default.IsEmpty ? project.Groups : project.Groups.SetItem("default", project.Default);
            var groups = new JsonObject();
            foreach (var (name, members) in all.Where(group => !kept.Contains(group.Key)))
            {
                ImmutableArray<string> known = [.. members.Where(kept.Contains)];
                if (!known.IsEmpty && !(name == "default" && known.Length == Images.Length))
                    groups[name] = ProjectDocument.Texts(known);
            }
            return groups;
        }
    }

    /// <summary>The Dockerfiles that the project builds from; absolute.</summary>
    public IEnumerable<string> Dockerfiles => project.Components.SelectMany(BuildsOf)
        .Where(build => build.ContextAddress is null && build.InlineDockerfile is null)
        .Select(build => build.DockerfilePath is { } path ? Path.GetFullPath(path, folder)
            : Planning.BuildFiles.HasDockerfile(build.ContextFolder) ? Planning.BuildFiles.DefaultPathOf(build.ContextFolder) : "");

    private string? LostBase(string name) => project.Find(name)?.Siblings.FirstOrDefault(sibling => !kept.Contains(sibling));

    private bool IsUsable(Component component)
    {
        var why = project.Broken.GetValueOrDefault(component.Name)?.Faults.FirstOrDefault()?.OneLine
            ?? (Named().IsMatch(component.Name) ? null : "manifold.yaml does not allow this image name.")
            ?? BuildsOf(component).Select(Lacks).FirstOrDefault(lack => lack is not null);
        if (why is not null)
            leftOut.Add($"{component.Name}: {why}");
        return why is null;
    }

    private static IEnumerable<BuildSource> BuildsOf(Component component) =>
        component.Platforms.Select(platform => platform.Source).OfType<BuildSource>();

    private string? Lacks(BuildSource build)
    {
        if (build.ContextAddress is not null)
            return null;
        if (!Directory.Exists(build.ContextFolder))
            return $"its context '{RelativePath.From(folder, build.ContextFolder)}' does not exist.";
        if (build.InlineDockerfile is not null)
            return null;
        if (build.DockerfilePath is not { } given)
        {
            return Planning.BuildFiles.HasDockerfile(build.ContextFolder) ? null
                : $"'{RelativePath.From(folder, build.ContextFolder)}' has no Dockerfile.";
        }
        var path = Path.GetFullPath(given, folder);
        return File.Exists(path) ? null : $"its Dockerfile '{RelativePath.From(folder, path)}' does not exist.";
    }

    private DraftImage Image(Component component)
    {
        var comments = new List<string>();
        ImmutableArray<ImageReference> tags = [.. component.Tags.Where(named.Add)];
        if (tags.Length < component.Tags.Length)
            comments.Add($"Another image also has the tag {component.Tags.First(tag => !tags.Contains(tag))}.");
        if (!component.UnreadableTags.IsEmpty)
            comments.Add($"This tag needs a variable that has no default: {component.UnreadableTags[0]}");
        var written = component with { Tags = tags, UnreadableTags = [] };
        var document = new ProjectDocument(project with { Components = [written] }, folder).Write();
        var image = (JsonObject)document["images"]![component.Name]!.DeepClone();
        if (component.IsForThisMachine)
        {
            image.Remove("platforms");
            var platforms = PlatformsOf(component, []);
            if (platforms.Except(DockerfileDraft.Platforms).Any())
                image["platforms"] = ProjectDocument.Texts(platforms);
        }
        var isNameless = component is { Tags.IsEmpty: true, UnreadableTags.IsEmpty: true, Outputs.IsEmpty: true };
        if (isNameless && ImageNames.From(component.Name) == component.Name && !IsBase(component.Name))
        {
            // In this file it has the name of its key.
            image.Remove("tags");
            image.Remove("publish");
        }
        if (component.Checkout is { } checkout)
            comments.Add("Its source is not part of this file. Before you bake, check out "
                + $"{checkout.Repository ?? "it"} {checkout.Commit} into {RelativePath.From(folder, checkout.Folder)}.");
        return new DraftImage(component.Name, image, [.. comments], [.. component.Siblings]);
    }

    private bool IsBase(string name) => project.Components.Any(other => kept.Contains(other.Name) && other.Siblings.Contains(name));

    /// <summary>A base that names no platforms is built for the platforms of the images that are based on it.</summary>
    private ImmutableArray<string> PlatformsOf(Component component, ImmutableHashSet<string> above)
    {
        if (!component.IsForThisMachine)
            return [.. component.Platforms.Select(platform => platform.Platform.ToString())];
        var users = project.Components.Where(other => kept.Contains(other.Name) && !above.Contains(other.Name)
            && other.Siblings.Contains(component.Name)).ToList();
        return users.Count == 0 ? DockerfileDraft.Platforms
            : [.. users.SelectMany(user => PlatformsOf(user, above.Add(component.Name))).Distinct()];
    }

    [GeneratedRegex(@"^(?!x-)[A-Za-z0-9][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex Named();
}
