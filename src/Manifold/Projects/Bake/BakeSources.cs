using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Hcl;

namespace Manifold.Projects.Bake;

/// <summary>The files of one bake, as one: later ones add to and override earlier ones. Offsets count through all of them.</summary>
internal sealed class BakeSources(ProjectFaults faults)
{
    /// <summary>The blocks of a bake file, in the JSON syntax.</summary>
    private static readonly ImmutableArray<HclBlockSchema> Blocks =
        [.. new[] { "target", "group", "variable", "function" }
            .Select(type => new HclBlockSchema(type, true, [new("validation", false, [])]))];

    private readonly List<(int Origin, LocatedText Text)> files = [];

    private BakeSources(BakeSources same, ProjectFaults faults) : this(faults) => (files, Body) = (same.files, same.Body);

    /// <summary>The same files, whose further faults are collected elsewhere.</summary>
    public BakeSources FaultsTo(ProjectFaults others) => new(this, others);

    public HclBody Body { get; private set; } = new([], []);

    public void Add(LocatedText text)
    {
        var origin = AddPlaces(text);
        var body = Path.GetExtension(text.FileName) == ".json"
            || (Path.GetExtension(text.FileName) != ".hcl" && text.Text.TrimStart().StartsWith('{'))
            ? ReadJson(text, origin) : ReadHcl(text, origin);
        Body = new HclBody(Body.Attributes.AddRange(body.Attributes), Body.Blocks.AddRange(body.Blocks));
    }

    /// <summary>Adds a text that only has places in it: its content comes from another reader.</summary>
    /// <returns>Where its offsets begin.</returns>
    public int AddPlaces(LocatedText text)
    {
        var origin = files.Count == 0 ? 0 : files[^1].Origin + files[^1].Text.Text.Length + 1;
        files.Add((origin, text));
        return origin;
    }

    public Place PlaceOf(HclSpan span)
    {
        var (origin, text) = FileOf(span);
        return text.PlaceOf(span.Start - origin, span.Length);
    }

    public void Fault(HclSpan span, string message, string? hint = null)
    {
        faults.Add(FileOf(span).Text, PlaceOf(span), message, hint);
    }

    public void Fault(Place place, string message, string? hint = null) =>
        faults.Add(files.First(file => file.Text.FileName == place.File).Text, place, message, hint);

    public void Fault(HclException e) => Fault(e.Span, e.Message, Hint(e));

    /// <summary>A name that looks alike; otherwise how to define a variable.</summary>
    private static string? Hint(HclException e) => e.Unknown switch
    {
        null => e.Hint,
        var unknown when Suggestion.For(unknown.Name, unknown.Known) is { } similar => similar,
        { Kind: HclNameKind.Variable, Name: var name } => $"Define it: variable \"{name}\" {{}}",
        _ => null,
    };

    private (int Origin, LocatedText Text) FileOf(HclSpan span) => files.Last(file => file.Origin <= span.Start);

    private HclBody ReadHcl(LocatedText text, int origin)
    {
        var body = HclParser.Parse(text.Text, out var wrong, origin);
        foreach (var fault in wrong)
            Fault(fault);
        return body;
    }

    private HclBody ReadJson(LocatedText text, int origin)
    {
        try
        {
            return HclParser.ParseJson(text.Text, Blocks, origin);
        }
        catch (HclException e)
        {
            Fault(e);
        }
        return new HclBody([], []);
    }
}
