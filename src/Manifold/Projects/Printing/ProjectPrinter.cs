using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Manifold.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Manifold.Projects.Printing;

/// <summary>Prints a resolved project: <c>bake --print</c>.</summary>
internal static class ProjectPrinter
{
    private static readonly JsonSerializerOptions Options =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// As a manifold.yaml, which read in the project's folder gives the same project: variables are replaced, and dollars doubled.
    /// </summary>
    /// <param name="workingFolder">That of <see cref="ReadingOptions"/>.</param>
    public static string Yaml(Project project, string workingFolder) => Fragment(new ProjectDocument(project, workingFolder).Write());

    /// <summary>A part of a manifold.yaml.</summary>
    internal static string Fragment(JsonObject document)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text,
            new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, document);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    /// <summary>The same as JSON, for programs: values are as they are, dollars included.</summary>
    /// <param name="workingFolder">That of <see cref="ReadingOptions"/>.</param>
    public static string Json(Project project, string workingFolder) =>
        new ProjectDocument(project, workingFolder).Write().ToJsonString(Options) + "\n";

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, MappingStyle.Block));
                foreach (var (key, value) in map)
                {
                    EmitText(emitter, key);
                    Emit(emitter, value);
                }
                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                var style =
                    list.All(item => item is JsonValue) && list.ToJsonString().Length < 100 ? SequenceStyle.Flow : SequenceStyle.Block;
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, style));
                foreach (var item in list)
                    Emit(emitter, item);
                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
                emitter.Emit(
                    new Scalar(AnchorName.Empty, TagName.Empty, value.GetValue<bool>() ? "true" : "false", ScalarStyle.Plain, true, false));
                break;
            default:
                EmitText(emitter, node!.GetValue<string>().Replace("$", "$$", StringComparison.Ordinal));
                break;
        }
    }

    /// <summary>Without quotes where every reader of YAML takes it for a text.</summary>
    private static void EmitText(Emitter emitter, string text)
    {
        var style = text.Contains('\n', StringComparison.Ordinal) && IsBlock(text) ? ScalarStyle.Literal
            : IsPlain(text) ? ScalarStyle.Plain
            : ScalarStyle.DoubleQuoted;
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, true, true));
    }

    private static bool IsBlock(string text) => text.All(c => c == '\n' || !char.IsControl(c)) && text[0] is not (' ' or '\n')
        && !text.EndsWith("\n\n", StringComparison.Ordinal) && !text.Contains(" \n", StringComparison.Ordinal)
        && ForeignTextWriter.Passes(text); // a block has no escapes

    /// <summary>Begins with a letter, has nothing that YAML minds, and is none of its words and numbers.</summary>
    private static bool IsPlain(string text) => text.Length > 0 && char.IsAsciiLetter(text[0]) && text[^1] != ':'
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or ':' or '=' or '$' or '+')
        && text.ToLowerInvariant() is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n");
}
