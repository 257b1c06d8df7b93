using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Manifold.Reporting.Pages;

// No package: Fluid, Stubble, and Handlebars.Net reflect over models, which trimming breaks; Scriban escapes only where a template says so;
// RazorSlices needs ASP.NET. RazorBlade would do, but not every package mirror has it.

/// <summary>The markup of a piece of a page, from a file in <c>templates/</c>.</summary>
/// <remarks>
/// The language is the part of Mustache that the pages need:
/// <code>
/// {{name}}               a value: a text, which is always escaped, a number, or markup of another template
/// {{#name}} … {{/name}}  once for each element of a list; once if the value is true, or a text, markup, or model that is there
/// {{^name}} … {{/name}}  if {{#name}} shows nothing
/// {{.}}                  the element itself, in a list of texts
/// </code>
/// Within a list or a model, names are looked up there first, then outside.
/// White space is kept, but:
/// <list type="bullet">
/// <item>A line that begins with a space continues the line above. The page has neither the line break nor the indentation.</item>
/// <item>A line with only a <c>{{#…}}</c>, <c>{{^…}}</c>, or <c>{{/…}}</c> leaves no line in the page.</item>
/// <item>A template that is a single line after that has no line break at its end, so that it fits into a line.</item>
/// </list>
/// </remarks>
internal sealed partial class Template
{
    private const string Folder = "templates/";

    private static readonly FrozenDictionary<string, Template> All = Names.ToFrozenDictionary(name => name, name =>
        new Template(Embedded(name)));

    public Template(string text)
    {
        text = TagAlone().Replace(Continuation().Replace(text, ""), "$1");
        if (text.IndexOf('\n', StringComparison.Ordinal) == text.Length - 1)
            text = text.TrimEnd('\n');
        Parts = Read(new Queue<string>(Tag().Split(text)), "");
    }

    /// <summary>The names of all templates.</summary>
    public static IEnumerable<string> Names => typeof(Template).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal));

    public ImmutableArray<Part> Parts { get; }

    public static Template Of(Piece piece) => All[NameFor(piece.GetType())];

    /// <summary>The name of a model's template: <c>templates/layer-sizes.html</c> for <c>LayerSizes</c>.</summary>
    public static string NameFor(Type piece) => $"{Folder}{Hump().Replace(piece.Name, "-").ToLowerInvariant()}.html";

    public static string Embedded(string file)
    {
        using var reader = new StreamReader(typeof(Template).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }

    public string Fill(object model)
    {
        var page = new StringBuilder();
        Append(page, Parts, new Scope(model, null));
        return page.ToString();
    }

    private static void Append(StringBuilder page, ImmutableArray<Part> parts, Scope scope)
    {
        foreach (var part in parts)
            if (part is Section section)
                foreach (var inner in Repeated(section, scope))
                    Append(page, section.Parts, inner);
            else if (part is Hole hole)
                Html.Append(page, scope.Find(hole.Name));
            else
                page.Append(((Literal)part).Text);
    }

    /// <summary>Returns a scope for each time that a section is shown.</summary>
    private static IEnumerable<Scope> Repeated(Section section, Scope scope)
    {
        IEnumerable<Scope> shown = scope.Find(section.Name) switch
        {
            null or false or Html { IsEmpty: true } => [],
            true or string or Html => [scope],
            IEnumerable list => list.Cast<object>().Select(element => new Scope(element, scope)),
            var model => [new Scope(model, scope)],
        };
        return !section.IsInverted ? shown : shown.Any() ? [] : [scope];
    }

    /// <summary>Reads literals and tags, which alternate, up to the end of a section.</summary>
    private static ImmutableArray<Part> Read(Queue<string> texts, string section)
    {
        var parts = ImmutableArray.CreateBuilder<Part>();
        while (true)
        {
            parts.Add(new Literal(texts.Dequeue()));
            var tag = texts.Count > 0 ? texts.Dequeue() : "/";
            if (tag == "/" + section)
                return parts.ToImmutable();
            parts.Add(tag[0] switch
            {
                '#' or '^' => new Section(tag[1..], tag[0] == '^', Read(texts, tag[1..])),
                '/' => throw new FormatException($"{{{{{tag}}}}} does not end the section '{section}'."),
                _ => new Hole(tag),
            });
        }
    }

    [GeneratedRegex("\n +")]
    private static partial Regex Continuation();

    [GeneratedRegex(@"^(\{\{[#^/][\w.]+\}\})\n", RegexOptions.Multiline)]
    private static partial Regex TagAlone();

    [GeneratedRegex(@"\{\{([#^/]?[\w.]+)\}\}")]
    private static partial Regex Tag();

    [GeneratedRegex(@"(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Hump();

    internal abstract record Part;

    internal sealed record Literal(string Text) : Part;

    internal sealed record Hole(string Name) : Part;

    internal sealed record Section(string Name, bool IsInverted, ImmutableArray<Part> Parts) : Part;

    /// <summary>The models in which a name is looked up, the innermost first.</summary>
    private sealed record Scope(object Model, Scope? Outside)
    {
        public object? Find(string name)
        {
            if (name == ".")
                return Model;
            for (var scope = this; scope is not null; scope = scope.Outside)
                if (PageModels.Find(scope.Model.GetType(), name) is { } property)
                    return property.Get!(scope.Model);
            throw new InvalidOperationException($"{Model.GetType().Name} has no value for the hole '{name}'.");
        }
    }
}
