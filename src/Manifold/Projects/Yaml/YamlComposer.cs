using System.Collections.Immutable;
using Manifold.Dockerfile;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Manifold.Projects.Yaml;

/// <summary>Makes nodes with places of a YAML text.</summary>
/// <remarks>
/// Aliases share the nodes of their anchor, so memory is bounded by the file; <see cref="Limits.ProjectNodes"/> bounds what they multiply
/// to,
/// <see cref="Limits.ProjectDepth"/> the stack. Source: YAML 1.2.2, and "Merge Key" of YAML 1.1.
/// </remarks>
internal sealed class YamlComposer
{
    private readonly FileFaults faults;
    private readonly IParser parser;
    private readonly Dictionary<string, YamlNode> anchors = new(StringComparer.Ordinal);
    private long nodes;

    private bool isCompose;

    private YamlComposer(FileFaults faults, IParser parser) => (this.faults, this.parser) = (faults, parser);

    /// <summary>The file's one document, or null where it is empty or no YAML; the fault then is collected.</summary>
    public static YamlNode? Compose(FileFaults faults) => Read(faults, composer => composer.Document());

    /// <summary>All documents of a compose file, with its tags <c>!reset</c> and <c>!override</c>; null where it is no YAML.</summary>
    public static ImmutableArray<YamlNode>? ComposeAll(FileFaults faults) =>
        Read(faults, composer => composer.Documents()) is { } list ? [.. list.Items] : null;

    private static T? Read<T>(FileFaults faults, Func<YamlComposer, T?> read) where T : YamlNode
    {
        if (faults.Source.FindNullCharacter() is { } place)
        {
            faults.Add(place, NullCharacter.Refused + "."); // the parser would end there, and say nothing
            return null;
        }
        using var text = new StringReader(faults.Source.Between(0, faults.Source.Count));
        var parser = new Parser(text);
        try
        {
            return read(new YamlComposer(faults, parser));
        }
        catch (YamlException e)
        {
            // Of a tab among the blanks it knows no better place than the file's first; what it understood last is nearer.
            var last = parser.Current?.End ?? Mark.Empty;
            faults.Add(PlaceOf(faults, e.End.Index < last.Index ? last : e.End), $"this is not valid YAML: {e.Message.TrimEnd('.')}.");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // The parser stumbles over some texts that are no YAML, instead of saying so; what it understood last is near.
            faults.Add(PlaceOf(faults, parser.Current?.End ?? Mark.Empty), "this is not valid YAML from here on.");
        }
        return null;
    }

    private static Place PlaceOf(FileFaults faults, in Mark mark) =>
        faults.Source.PlaceOf(Math.Max(0, (int)mark.Line - 1), Math.Max(0, (int)mark.Column - 1), 1);

    private YamlList Documents()
    {
        isCompose = true;
        parser.Consume<StreamStart>();
        var documents = ImmutableArray.CreateBuilder<YamlNode>();
        while (parser.TryConsume<DocumentStart>(out _))
        {
            anchors.Clear();
            documents.Add(Node(0));
            parser.Consume<DocumentEnd>();
        }
        return new YamlList(documents.ToImmutable(), faults.Source.PlaceOf(0, 0, 1));
    }

    private YamlNode? Document()
    {
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
            return null;
        var root = Node(0);
        parser.Consume<DocumentEnd>();
        if (parser.TryConsume<DocumentStart>(out var second))
            faults.Add(PlaceOf(second), "the file contains a second document. Expected only one.");
        return root;
    }

    private YamlNode Node(int depth)
    {
        if (depth > Limits.ProjectDepth)
            throw new YamlException(parser.Current?.Start ?? Mark.Empty, parser.Current?.Start ?? Mark.Empty,
                $"it is nested more than {Limits.ProjectDepth} levels deep");
        Count(1);
        if (parser.TryConsume<AnchorAlias>(out var alias))
            return Aliased(alias);
        var start = (NodeEvent)parser.Current!;
        var merge = ReadTag(start);
        YamlNode node = start switch
        {
            Scalar => Text(parser.Consume<Scalar>()),
            SequenceStart => List(depth),
            _ => Map(depth),
        };
        if (merge != YamlMerge.Join)
            node = node with { Merge = merge };
        if (!start.Anchor.IsEmpty)
            anchors[start.Anchor.Value] = node;
        return node;
    }

    private YamlNode Aliased(AnchorAlias alias)
    {
        if (anchors.TryGetValue(alias.Value.Value, out var node))
        {
            Count(node.Size);
            return node;
        }
        faults.Add(PlaceOf(alias), $"the anchor '&{alias.Value}' is not defined before this line, or it contains itself.",
            Suggestion.For(alias.Value.Value, anchors.Keys));
        return new YamlScalar("", true, PlaceOf(alias));
    }

    private void Count(long more)
    {
        nodes += more;
        if (nodes > Limits.ProjectNodes)
            throw new YamlException(parser.Current?.Start ?? Mark.Empty, parser.Current?.Start ?? Mark.Empty,
                $"it has more than {Limits.ProjectNodes} nodes, including aliases");
    }

    private YamlMerge ReadTag(NodeEvent node)
    {
        if (node.Tag.IsEmpty || node.Tag.IsNonSpecific || node.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
            return YamlMerge.Join;
        if (isCompose && node.Tag.Value is "!reset" or "!override")
            return node.Tag.Value == "!reset" ? YamlMerge.Remove : YamlMerge.Replace;
        faults.Add(PlaceOf(node), $"the tag '{node.Tag.Value}' is not supported.");
        return YamlMerge.Join;
    }

    private YamlScalar Text(Scalar scalar)
    {
        if (scalar.Value.Contains(NullCharacter.Value))
            faults.Add(PlaceOf(scalar), NullCharacter.Refused + ".");
        return new YamlScalar(scalar.Value, scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty, PlaceOf(scalar));
    }

    private YamlList List(int depth)
    {
        var start = parser.Consume<SequenceStart>();
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            items.Add(Node(depth + 1));
        return new YamlList(items.ToImmutable(), PlaceOf(start));
    }

    private YamlMap Map(int depth)
    {
        var start = parser.Consume<MappingStart>();
        var entries = new List<YamlEntry>();
        var merged = new List<YamlMap>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var (key, value) = (Node(depth + 1), Node(depth + 1));
            if (key is not YamlScalar name)
                faults.Add(key.Place, $"a key must be a string, not {key.Kind}.");
            else if (name is { IsPlain: true, Text: "<<" })
                merged.AddRange(Merged(value));
            else if (entries.Find(entry => entry.Key.Text == name.Text) is { } first)
                faults.Add(name.Place, $"duplicate key '{name.Text}', first used on line {first.Key.Place.Line}.");
            else
                entries.Add(new YamlEntry(name, value));
        }
        // What is written here wins over what is merged, and an earlier map over a later one.
        var inherited = merged.SelectMany(map => map.Entries).Where(entry => entries.TrueForAll(own => own.Key.Text != entry.Key.Text));
        return new YamlMap([.. entries, .. inherited.DistinctBy(entry => entry.Key.Text)], PlaceOf(start));
    }

    private IEnumerable<YamlMap> Merged(YamlNode value)
    {
        foreach (var node in value is YamlList list ? list.Items : [value])
            if (node is YamlMap map)
                yield return map;
            else
                faults.Add(node.Place, $"'<<' can merge only maps, not {node.Kind}.");
    }

    private Place PlaceOf(ParsingEvent at)
    {
        var length = at.Start.Line == at.End.Line ? at.End.Column - at.Start.Column : 1;
        return faults.Source.PlaceOf((int)at.Start.Line - 1, (int)at.Start.Column - 1, (int)Math.Max(1, length));
    }
}
