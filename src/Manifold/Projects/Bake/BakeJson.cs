using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Manifold.Projects.Targets;

namespace Manifold.Projects.Bake;

/// <summary>A project as a bake file: what <c>docker buildx bake -f -</c> takes.</summary>
/// <remarks>
/// What was read from bake files is printed as they have it, with everything worked in; of another file <see cref="ComponentTargets"/> says
/// how. Targets that the printed ones stand on come with them, without outputs. Written by hand, because the members are the keys that the
/// user has set, in the table of <see cref="BakeKey"/>.
/// </remarks>
internal static class BakeJson
{
    /// <summary>All that is baked where nothing is named.</summary>
    /// <param name="workingFolder">What the Dockerfiles' paths start from.</param>
    public static string Write(Project project, string workingFolder) => Write(project, [], workingFolder);

    /// <param name="names">Components and groups; none means the project's default.</param>
    /// <param name="workingFolder">What the Dockerfiles' paths start from.</param>
    /// <exception cref="ManifoldException">A name is neither, or means what cannot be printed.</exception>
    public static string Write(Project project, IReadOnlyCollection<string> names, string workingFolder)
    {
        var chosen = project.Select(names, toPrint: true);
        var document = new BakeSelection(project.Written ?? ComponentTargets.Of(project, workingFolder)).Of(project, names, chosen);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer,
            new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteGroups(json, document.Groups);
            json.WriteStartObject("target");
            foreach (var target in document.Targets)
                Write(json, target);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <summary>Buildx minds a map of groups without one in it.</summary>
    private static void WriteGroups(Utf8JsonWriter json, ImmutableSortedDictionary<string, ImmutableArray<string>> groups)
    {
        if (groups.IsEmpty)
            return;
        json.WriteStartObject("group");
        foreach (var (name, members) in groups)
        {
            json.WriteStartObject(name);
            WriteTexts(json, "targets", members);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <summary>Its context and Dockerfile are always said, as bake says them.</summary>
    private static void Write(Utf8JsonWriter json, BakeTarget target)
    {
        json.WriteStartObject(target.Name);
        json.WriteString("context", Escaped(ContextOf(target.Text("context"))));
        json.WriteString("dockerfile", Escaped(target.Text("dockerfile") is { Length: > 0 } given ? given : "Dockerfile"));
        foreach (var (key, setting) in target.Settings.Where(each => each.Key is not ("context" or "dockerfile" or "inherits")
            && !each.Value.Items.IsEmpty))
        {
            switch (BakeKey.OfTargets[key].Kind)
            {
                case BakeKind.Text:
                    json.WriteString(key, Escaped(setting.Text));
                    break;
                case BakeKind.Flag:
                    json.WriteBoolean(key, setting.Flag);
                    break;
                case BakeKind.Map:
                    WriteMap(json, key, target.Map(key));
                    break;
                default:
                    WriteTexts(json, key, setting.Items.Select(item => item.Value));
                    break;
            }
        }
        json.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter json, string name, ImmutableSortedDictionary<string, string> values)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in values)
            json.WriteString(Escaped(key), Escaped(value));
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(Escaped(value));
        json.WriteEndArray();
    }

    /// <summary>A folder without detours; an address as it is.</summary>
    private static string ContextOf(string? written)
    {
        if (string.IsNullOrEmpty(written))
            return ".";
        if (BakeContexts.IsRemote(written))
            return written;
        var path = written.StartsWith(BakeContexts.WorkingFolder, StringComparison.Ordinal) ? written[BakeContexts.WorkingFolder.Length..]
            : written;
        return Path.IsPathRooted(path) ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))
            : Path.GetRelativePath("/a/b/c/d/e/f", Path.GetFullPath(path, "/a/b/c/d/e/f"));
    }

    /// <summary>A bake file's texts are templates.</summary>
    private static string Escaped(string text) =>
        text.Replace("${", "$${", StringComparison.Ordinal).Replace("%{", "%%{", StringComparison.Ordinal);
}
