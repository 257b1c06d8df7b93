using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Projects.Yaml;
using Manifold.Text;

namespace Manifold.Projects.Locking;

/// <summary>Reads and writes <c>manifold.lock</c>, beside the project file.</summary>
/// <remarks>
/// <code>
/// version: 1
/// images:
///   docker.io/library/debian:12:        what the project says, fully qualified
///     digest: sha256:…                  what that stood for: the index
///     platforms:
///       linux/amd64: sha256:…           the manifest of each platform that the project needs
/// sources:
///   "https://github.com/acme/proxy#v1": 5ad3…    commits
/// </code>
/// Sorted, one fact a line, so that two changes merge and a review sees what moved. The same lock is the same bytes.
/// </remarks>
internal static class LockFile
{
    private const string Version = "1";

    /// <summary>Where a project's lock file is, whether or not it is there; absolute.</summary>
    public static string PathOf(Project project, string workingFolder)
    {
        var file = Path.GetFullPath(project.File, workingFolder);
        return Path.Combine(Directory.Exists(file) ? file : Path.GetDirectoryName(file)!, ProjectLock.FileName);
    }

    /// <summary>A lock of a project that pins nothing yet.</summary>
    public static ProjectLock Empty(Project project, string workingFolder) => new()
    {
        File = new ProjectPaths(project.Folder, workingFolder).Shown(PathOf(project, workingFolder)),
        Command = "manifold lock" + string.Concat(project.File.Split(", ").Select(file => $" -f {ShellWord.Quote(file)}")),
    };

    /// <summary>The project's lock, or null where there is no file.</summary>
    /// <exception cref="ProjectFileException">The file is wrong.</exception>
    public static ProjectLock? Find(Project project, string workingFolder)
    {
        var path = PathOf(project, workingFolder);
        return File.Exists(path) ? Read(path, Empty(project, workingFolder), workingFolder) : null;
    }

    /// <summary>Replaces the file in one step; a file that says the same already is not touched.</summary>
    public static void Write(string path, ProjectLock pins)
    {
        var bytes = Encoding.UTF8.GetBytes(Text(pins));
        if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
            Store.ReplaceFile(path, bytes);
    }

    /// <summary>The file's text.</summary>
    public static string Text(ProjectLock pins)
    {
        var text = new StringBuilder("# Pins the base images and sources of this project. Commit this file. To update it, run: manifold "
            + $"lock --update\nversion: {Version}\n");
        if (!pins.Images.IsEmpty)
            text.Append("images:\n");
        foreach (var (reference, image) in pins.Images)
        {
            text.Append($"  {reference}:\n    digest: {image.Digest}\n    platforms:\n");
            foreach (var (platform, manifest) in image.Platforms)
                text.Append($"      {platform}: {manifest}\n");
        }
        if (!pins.Sources.IsEmpty)
            text.Append("sources:\n");
        foreach (var (source, commit) in pins.Sources)
            text.Append($"  \"{JsonEncodedText.Encode(source)}\": {commit}\n");
        return text.ToString();
    }

    private static ProjectLock Read(string path, ProjectLock empty, string workingFolder)
    {
        var faults = new FileFaults(ProjectText.Read(path, new ProjectPaths(Path.GetDirectoryName(path)!, workingFolder)));
        var root = YamlComposer.Compose(faults);
        faults.ThrowIfAny();
        var fix = $"Restore the committed version of the file, or recreate it with: {empty.Command} --update";
        var pins = new Reading(faults, fix).Read(root, empty);
        faults.ThrowIfAny();
        return pins;
    }

    private sealed class Reading(FileFaults faults, string mend)
    {
        private static readonly string[] Keys = ["version", "images", "sources"];

        public ProjectLock Read(YamlNode? root, ProjectLock pins)
        {
            if (root is not YamlMap map || map.Find("version") is not { Value: YamlScalar { Text: Version } })
            {
                var version = (root as YamlMap)?.Find("version")?.Value;
                faults.Add(version?.Place ?? faults.Source.PlaceOf(0, 0, 1), version is YamlScalar other
                    ? $"the lock file has version '{other.Text}', but only version {Version} is supported."
                    : "this is not a lock file: it has no 'version: 1'.", mend);
                return pins;
            }
            foreach (var (key, _) in map.Entries.Where(entry => !Keys.Contains(entry.Key.Text)))
                faults.Add(key.Place, $"a lock file has no key '{key.Text}'.", mend);
            return pins with
            {
                Images = Entries(map.Find("images")?.Value).Select(Image).OfType<KeyValuePair<string, LockedImage>>()
                    .ToImmutableSortedDictionary(StringComparer.Ordinal),
                Sources = Entries(map.Find("sources")?.Value).Select(Commit).OfType<KeyValuePair<string, string>>()
                    .ToImmutableSortedDictionary(StringComparer.Ordinal),
            };
        }

        private ImmutableArray<YamlEntry> Entries(YamlNode? node)
        {
            if (node is null or YamlMap)
                return (node as YamlMap)?.Entries ?? [];
            faults.Add(node.Place, $"this is {node.Kind}. Expected a map.", mend);
            return [];
        }

        private KeyValuePair<string, LockedImage>? Image(YamlEntry entry)
        {
            if (!ImageReference.TryParse(entry.Key.Text, out var reference))
                faults.Add(entry.Key.Place, $"'{entry.Key.Text}' is not an image reference.", mend);
            var fields = Entries(entry.Value);
            if (DigestIn(fields.FirstOrDefault(field => field.Key.Text == "digest")?.Value ?? entry.Value) is not { } digest)
                return null;
            var platforms = Entries(fields.FirstOrDefault(field => field.Key.Text == "platforms")?.Value)
                .Select(platform => DigestIn(platform.Value) is { } manifest
                    ? KeyValuePair.Create(platform.Key.Text, manifest)
                    : (KeyValuePair<string, Digest>?)null)
                .OfType<KeyValuePair<string, Digest>>();
            return KeyValuePair.Create(reference?.ToString() ?? entry.Key.Text,
                new LockedImage(digest, platforms.ToImmutableSortedDictionary(StringComparer.Ordinal)));
        }

        private Digest? DigestIn(YamlNode node)
        {
            if (node is YamlScalar scalar && Digest.TryParse(scalar.Text, out var digest))
                return digest;
            faults.Add(node.Place, node is YamlScalar text ? $"'{text.Text}' is not a digest." : "the digest is missing.", mend);
            return null;
        }

        private KeyValuePair<string, string>? Commit(YamlEntry entry)
        {
            if (entry.Value is YamlScalar scalar && ProjectLock.CommitHash().IsMatch(scalar.Text))
                return KeyValuePair.Create(entry.Key.Text, scalar.Text);
            faults.Add(entry.Value.Place, "this is not a commit hash.", mend);
            return null;
        }
    }
}
