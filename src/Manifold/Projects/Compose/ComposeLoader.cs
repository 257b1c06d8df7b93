using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Fetching;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Files that are read as one, and what they are read with.</summary>
/// <param name="Folder">Where the paths in them start from.</param>
/// <param name="Variables">Of the environment, and of the files that add to it.</param>
internal sealed record ComposeFiles(ImmutableArray<string> Paths, string Folder, ImmutableSortedDictionary<string, string> Variables)
{
    /// <summary>The files that include these, from the first one on; each path is absolute.</summary>
    public ImmutableArray<string> IncludedBy { get; init; } = [];
}

/// <summary>Makes one map of compose files and of all that they name.</summary>
/// <remarks>
/// <code>
/// file ─1─ YAML ─2─ variables replaced ─3─ what it includes ─4─ what its services extend ─5─ over the files before it
/// </code>
/// 1. with its tags <c>!reset</c> and <c>!override</c> 3. a project of its own: its folder, its <c>.env</c> 4. of this file, of an included
/// one, or of another file, which is read for that alone. Paths of other folders are absolute afterwards. Source: compose-go, package
/// loader.
/// </remarks>
internal sealed class ComposeLoader
{
    private readonly ProjectPaths paths;
    private readonly ReadingOptions options;
    private readonly FileFaults faults;
    private readonly ComposeMerge merge;

    /// <param name="first">The first file, from the working folder; <c>-</c> is standard input.</param>
    public ComposeLoader(ProjectPaths paths, ReadingOptions options, string first)
    {
        (this.paths, this.options) = (paths, options);
        faults = new FileFaults(Text(first));
        merge = new ComposeMerge(faults);
        Interpolation = new Interpolation(faults, _ => null) { Waiting = [] };
    }

    /// <summary>What is wrong with any of the files.</summary>
    public FileFaults Faults => faults;

    /// <summary>Variables without a value, by the place where they are used.</summary>
    public Interpolation Interpolation { get; }

    public YamlMap Load(ComposeFiles files)
    {
        var whole = new YamlMap([], faults.Source.PlaceOf(0, 0, 1));
        foreach (var path in files.Paths)
            foreach (var document in Documents(path, files.Variables))
            {
                var within = files with { IncludedBy = files.IncludedBy.Add(Path.GetFullPath(path, files.Folder)) };
                whole = merge.Files(whole, Extended(Including(document, within), path, files));
            }
        return whole;
    }

    /// <summary>Steps 1 and 2.</summary>
    private IEnumerable<YamlMap> Documents(string path, ImmutableSortedDictionary<string, string> variables)
    {
        var own = faults.Of(Text(path));
        var interpolation = Interpolation.Of(own, variables.GetValueOrDefault);
        var before = own.Count;
        var documents = YamlComposer.ComposeAll(own) ?? [];
        if (own.Count > before)
            own.ThrowIfAny(); // of what is no YAML, nothing more can be said
        foreach (var document in documents)
            if (document is YamlMap map)
            {
                new ServiceChecks(own).RequireTextKeys(map);
                yield return interpolation.Apply(map);
            }
            else if (document is not YamlScalar { IsNull: true })
                own.Add(document.Place, $"a compose file must be a map, not {document.Kind}.");
    }

    private SourceText Text(string path) => path == "-" ? new SourceText(path, options.ReadText(path).Text) : ProjectText.Read(path, paths);

    private YamlMap Including(YamlMap file, ComposeFiles files)
    {
        if (file.Find("include") is not { } include)
            return file;
        if (include.Value is YamlList list)
            foreach (var item in list.Items)
                if (Included(item, files) is { } included)
                    file = merge.Files(new ComposePaths(included.Folder).File(Load(included)), file);
        if (include.Value is not (YamlList or YamlScalar { IsNull: true }))
            faults.Add(include.Value.Place, $"'include' is {include.Value.Kind}. Expected a list of files.");
        return file;
    }

    /// <summary>The files of one entry of <c>include</c>; null where they cannot be had.</summary>
    private ComposeFiles? Included(YamlNode item, ComposeFiles files)
    {
        var map = item as YamlMap;
        var names = Names(map is null ? item : map.Find("path")?.Value);
        if (names.IsEmpty)
            faults.Add(item.Place, "'include' has no file.", "Expected a path or {path: FILE, project_directory: FOLDER, env_file: FILE}.");
        if (names.IsEmpty || !names.All(name => IsThere(name, files.Folder)))
            return null;
        ImmutableArray<string> found = [.. names.Select(name => Path.GetFullPath(name.Text, files.Folder))];
        if (found.FirstOrDefault(files.IncludedBy.Contains) is { } again)
        {
            faults.Add(item.Place, $"'include' forms a cycle: {string.Join(" → ", files.IncludedBy.Append(again).Select(paths.Shown))}.");
            return null;
        }
        var folder = map?.Find("project_directory")?.Value is YamlScalar { Text.Length: > 0 } own
            ? Path.GetFullPath(own.Text, files.Folder)
            : Path.GetDirectoryName(found[0])!;
        var variables = files.Variables;
        foreach (var name in Names(map?.Find("env_file")?.Value).Where(name => name.Text != "/dev/null" && IsThere(name, files.Folder)))
            variables = DotEnv.Read(Path.GetFullPath(name.Text, files.Folder), paths, variables);
        if (map?.Find("env_file") is null)
            variables = DotEnv.Read(Path.Combine(folder, ".env"), paths, variables);
        return files with { Paths = found, Folder = folder, Variables = variables };
    }

    private bool IsThere(YamlScalar name, string folder)
    {
        if (ContextFetcher.IsRemote(name.Text) || name.Text.StartsWith("oci://", StringComparison.Ordinal))
            faults.Add(name.Place, $"'{name.Text}' is not a local file. Remote files are not fetched.",
                "Use a local copy, or merge the files first: docker compose config");
        else if (!File.Exists(Path.GetFullPath(name.Text, folder)))
            faults.Add(name.Place, $"the file '{name.Text}' does not exist.", $"Looked for '{Path.GetFullPath(name.Text, folder)}'.");
        else
            return true;
        return false;
    }

    private static ImmutableArray<YamlScalar> Names(YamlNode? node) =>
        [.. (node is YamlList list ? list.Items : node is null ? [] : [node])
            .OfType<YamlScalar>()
            .Where(name => name is { IsNull: false, Text.Length: > 0 })];

    /// <summary>Step 4.</summary>
    private YamlMap Extended(YamlMap file, string path, ComposeFiles files)
    {
        if (file.Find("services") is not { Value: YamlMap services } entry)
            return file;
        var extensions = new ServiceExtension(faults, merge, name => Extendable(name, files));
        var entries = services.Entries.Select(each => each with { Value = extensions.Apply(each, services, path) });
        var extended = services with { Entries = [.. entries] };
        return file with { Entries = file.Entries.Replace(entry, entry with { Value = extended }) };
    }

    /// <summary>The services of another file, their paths absolute.</summary>
    private YamlMap? Extendable(YamlScalar name, ComposeFiles files)
    {
        if (!IsThere(name, files.Folder))
            return null;
        var path = Path.GetFullPath(name.Text, files.Folder);
        var whole = new YamlMap([], name.Place);
        foreach (var document in Documents(path, files.Variables))
            whole = merge.Files(whole, document);
        return new ComposePaths(Path.GetDirectoryName(path)!).File(whole).Find("services")?.Value as YamlMap;
    }
}
