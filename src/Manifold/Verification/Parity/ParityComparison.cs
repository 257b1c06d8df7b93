using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Verification.Packages;

namespace Manifold.Verification.Parity;

/// <summary>Finds what is not the same on all platforms.</summary>
/// <remarks>
/// <code>
/// each platform   1  names and values, neutral of the architecture   package → version, path → yes, variable → value …
/// all platforms   2  a name that one lacks, or whose values differ   is a difference, told in the platforms' own words
/// paths           3  what lacks a whole folder                       is one difference, with the count
/// </code>
/// </remarks>
internal sealed class ParityComparison(ImmutableArray<PlatformContents> platforms)
{
    // By neutral name, then what the platform says; compared neutrally, shown as it is.
    private sealed record Column(ArchitectureWords Words, SortedDictionary<string, string> Values);

    private readonly ImmutableArray<ArchitectureWords> words = [.. platforms.Select(image => new ArchitectureWords(image.Platform))];

    internal static bool IsFile(LayerEntry entry) => entry.Kind is EntryKind.File or EntryKind.SymbolicLink or EntryKind.HardLink;

    internal IEnumerable<ParityDifference> Differences() =>
        Compare(ParityTopic.Package, image => image.Packages.Packages.GroupBy(package => package.Name)
                .Select(group => (group.Key, string.Join(", ", group.Select(package => package.Version).Distinct()))))
            .Concat(Files())
            .Concat(Compare(ParityTopic.Entrypoint, image => One(Command(image.Config.Config?.Entrypoint))))
            .Concat(Compare(ParityTopic.Command, image => One(Command(image.Config.Config?.Cmd))))
            .Concat(Compare(ParityTopic.Environment, image => (image.Config.Config?.Env ?? []).Select(Pair)))
            .Concat(Compare(ParityTopic.User, image => One(image.Config.Config?.User)))
            .Concat(Compare(ParityTopic.WorkingDirectory, image => One(image.Config.Config?.WorkingDir)))
            .Concat(Compare(ParityTopic.Port, image => Keys(image.Config.Config?.ExposedPorts)))
            .Concat(Compare(ParityTopic.Volume, image => Keys(image.Config.Config?.Volumes)))
            .Concat(Compare(ParityTopic.StopSignal, image => One(image.Config.Config?.StopSignal)))
            .Concat(Compare(ParityTopic.Healthcheck, image => One(Command(image.Config.Config?.Healthcheck?.Test))))
            .Concat(Compare(ParityTopic.Label, image => image.Config.Config?.Labels?.Select(pair => (pair.Key, pair.Value)) ?? []))
            .Concat(Compare(ParityTopic.Annotation, image => (image.Manifest.Annotations ?? Nothing)
                .Concat(image.Descriptor.Annotations ?? Nothing)
                .Select(pair => (pair.Key, pair.Value))));

    private static ImmutableSortedDictionary<string, string> Nothing => ImmutableSortedDictionary<string, string>.Empty;

    // 1, 2
    private IEnumerable<ParityDifference> Compare(
        ParityTopic topic, Func<PlatformContents, IEnumerable<(string Name, string Value)>> valuesOf)
    {
        var columns = platforms.Zip(words, (image, words) =>
        {
            var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, value) in valuesOf(image))
                values[words.Neutral(name)] = value;
            return new Column(words, values);
        }).ToList();
        foreach (var name in columns.SelectMany(column => column.Values.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            var values = columns.Select(column => column.Values.GetValueOrDefault(name)).ToImmutableArray();
            if (values.Contains(null) || columns.Select(column => column.Words.Neutral(column.Values[name])).Distinct().Skip(1).Any())
                yield return new ParityDifference(topic, name, values);
        }
    }

    // 1, 3
    private IEnumerable<ParityDifference> Files()
    {
        var files = platforms.Select(_ => new HashSet<string>(StringComparer.Ordinal)).ToArray();
        var folders = platforms.Select(_ => new HashSet<string>(StringComparer.Ordinal)).ToArray();
        for (var i = 0; i < platforms.Length; i++)
            foreach (var entry in platforms[i].Files.Subtree(""))
                if ((entry.Kind == EntryKind.Folder || IsFile(entry)) && words[i].NeutralPath(entry.Path) is { } path)
                    (entry.Kind == EntryKind.Folder ? folders : files)[i].Add(path);
        return files.SelectMany(paths => paths).Distinct()
            .Where(path => !files.All(paths => paths.Contains(path)))
            .GroupBy(path => Highest(path, files, folders))
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new ParityDifference(ParityTopic.File,
                "/" + group.Key, [.. files.Select(paths => Told(group.Key, [.. group.Where(paths.Contains)]))]));
    }

    /// <summary>The highest folder on the way to a path that those platforms lack which lack the path; else the path.</summary>
    private static string Highest(string path, HashSet<string>[] files, HashSet<string>[] folders)
    {
        var lacking = folders.Where((_, i) => !files[i].Contains(path)).ToList();
        var highest = path;
        for (var folder = EntryPath.Parent(path);
            folder.Length > 0 && lacking.All(there => !there.Contains(folder)); folder = EntryPath.Parent(folder))
            highest = folder;
        return highest == path ? path : highest + "/";
    }

    private static string? Told(string name, IReadOnlyCollection<string> present) =>
        present.Count == 0 ? null : !name.EndsWith('/') ? "there" : present.Count == 1 ? "1 file" : $"{present.Count} files";

    private static IEnumerable<(string, string)> One(string? value) => string.IsNullOrEmpty(value) ? [] : [("", value)];

    private static string? Command(ImmutableArray<string>? words) =>
        words is { IsEmpty: false } some ? "[" + string.Join(", ", some.Select(word => $"\"{word}\"")) + "]" : null;

    private static IEnumerable<(string, string)> Keys(ImmutableSortedDictionary<string, EmptyObject>? set) =>
        set?.Keys.Select(key => (key, "yes")) ?? [];

    private static (string, string) Pair(string variable) =>
        variable.IndexOf('=', StringComparison.Ordinal) is var equals and > 0
            ? (variable[..equals], variable[(equals + 1)..])
            : (variable, "");
}
