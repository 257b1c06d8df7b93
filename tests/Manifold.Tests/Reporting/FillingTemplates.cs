using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Manifold.Reporting.Pages;

namespace Manifold.Tests.Reporting;

/// <summary>The templates of the pages, and the models whose values they show.</summary>
public sealed partial class FillingTemplates
{
    private static readonly Type[] Values = [typeof(string), typeof(int), typeof(double), typeof(Html)];

    private static readonly Dictionary<string, Type> Models = typeof(Piece).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(Piece))).ToDictionary(Template.NameFor);

    public static TheoryData<string> Names => [.. Template.Names.Union(Models.Keys)];

    [Theory, MemberData(nameof(Names))]
    public void every_hole_has_a_value_and_every_value_has_a_hole(string name) =>
        Assert.Empty(Problems(new Template(Template.Embedded(name)), Models[name]));

    /// <summary>Escaping does not help outside of quotes, nor in a script.</summary>
    [Theory, MemberData(nameof(Names))]
    public void a_hole_within_a_tag_is_between_quotes(string name)
    {
        var markup = SectionTag().Replace(Template.Embedded(name), "");
        Assert.DoesNotContain(MarkupTag().Matches(markup), tag => Quoted().Replace(tag.Value, "").Contains("{{", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{{class}}{{text}}")]
    [InlineData("{{class}}{{text}}{{gone}}", "no value for {{gone}}")]
    [InlineData("{{class}}{{#gone}}x{{/gone}}{{text}}", "no value for {{gone}}")]
    [InlineData("{{class}}", "no hole for Change.text")]
    [InlineData("{{class}}{{text}}{{.}}", "{{.}} is not a value")]
    [InlineData("{{class}}{{ text }}", "{{ text }} is not a hole", "no hole for Change.text")]
    public void a_template_and_a_model_that_do_not_fit_are_found(string template, params string[] problems) =>
        Assert.Equal(problems, Problems(new Template(template), typeof(Change)));

    [Theory]
    [InlineData("{{#platforms}}{{platform}}{{/platforms}}", "no hole for StageRow.cells")]
    [InlineData("{{#platforms}}{{platform}}{{cells}}{{/platforms}}", "{{cells}} is not a value")]
    [InlineData("{{#platforms}}{{platform}}{{#cells}}{{#work}}{{/work}}{{/cells}}{{/platforms}}", "no hole for StageSummary.class",
        "no hole for StageSummary.headline", "no hole for StageSummary.note", "no hole for StageSummary.title",
        "no hole for StageSummary.width")]
    public void they_are_also_found_within_lists(string template, params string[] problems) =>
        Assert.Equal(problems, Problems(new Template(template + "{{legend}}{{#stages}}{{.}}{{/stages}}"), typeof(StageMatrix)));

    [Fact]
    public void a_hole_without_a_value_is_not_left_empty() =>
        Assert.Throws<InvalidOperationException>(() => new Template("{{gone}}").Fill(new Change("", "")));

    [Fact]
    public void a_section_ends_with_its_own_name() => Assert.Throws<FormatException>(() => new Template("{{#a}}{{#b}}{{/a}}{{/b}}"));

    [Theory]
    [InlineData("<b title=\"'&'\">", "&lt;b title=&quot;&#x27;&amp;&#x27;&quot;&gt;")]
    [InlineData("{{class}} {{#text}}", "{{class}} {{#text}}")]
    [InlineData("a\u202eb\u200b", "a\\u202eb\\u200b")]
    public void a_text_is_escaped(string text, string escaped) =>
        Assert.Equal($"<i class=\"{escaped}\">{escaped}</i>", Fill("<i class=\"{{class}}\">{{text}}</i>", new Change(text, text)));

    [Fact]
    public void markup_of_another_template_is_not_escaped_twice()
    {
        var legend = Html.Of(new Change("<", ">"));
        Assert.Equal("<span class=\"&lt;\">&gt;</span>", legend.ToString());
        Assert.Equal(legend.ToString(), Fill("{{legend}}", new StageMatrix(legend, [], [])));
    }

    [Theory]
    [InlineData("{{#stages}}[{{.}}]{{/stages}}", "[a&amp;][b]")]
    [InlineData("{{#platforms}}{{platform}}{{#cells}}{{platform}}{{/cells}};{{/platforms}}", "p1p1p1;p2;")]
    [InlineData("{{#platforms}}{{#cells}}{{#work}}never{{/work}}{{^work}}-{{/work}}{{/cells}}{{/platforms}}", "--")]
    [InlineData("{{#legend}}never{{/legend}}{{^legend}}none{{/legend}}{{^stages}}never{{/stages}}", "none")]
    public void a_section_is_shown_once_for_each_element_or_if_there_is_something(string template, string page) =>
        Assert.Equal(page, Fill(template, new StageMatrix(default, ["a&", "b"],
            [new StageRow("p1", [new StageCell(null), new StageCell(null)]), new StageRow("p2", [])])));

    [Theory]
    [InlineData("<a>\n  <b>\n   <c>\n<d>\n", "<a><b><c>\n<d>\n")]
    [InlineData("<a>\n  <b>\n", "<a><b>")]
    [InlineData("<a>\n\n<b>\n", "<a>\n\n<b>\n")]
    [InlineData("<ul>\n{{#stages}}\n<li>\n{{/stages}}\n</ul>\n", "<ul>\n<li>\n<li>\n</ul>\n")]
    [InlineData("<ul>\n  {{#stages}}\n  <li>\n  {{/stages}}\n</ul>\n", "<ul><li><li>\n</ul>\n")]
    [InlineData("{{#stages}}{{.}}{{/stages}}\n<b>\n", "xy\n<b>\n")]
    public void white_space_is_that_of_the_template_but_for_indentation_and_lines_of_sections(string template, string page) =>
        Assert.Equal(page, Fill(template, new StageMatrix(default, ["x", "y"], [])));

    private static string Fill(string template, Piece model) => new Template(template).Fill(model);

    private static IEnumerable<string> Problems(Template template, Type model)
    {
        var (problems, met, used) = (new List<string>(), new HashSet<Type>(), new HashSet<(Type, string)>());
        Walk(template.Parts, [model]);
        return
        [
            .. problems,
            .. from type in met
               from property in Properties(type)
               where !used.Contains((type, property.Name))
               orderby type.Name, property.Name
               select $"no hole for {type.Name}.{property.Name}",
        ];

        void Walk(ImmutableArray<Template.Part> parts, ImmutableStack<Type> scopes)
        {
            met.Add(scopes.Peek());
            foreach (var part in parts)
                if (part is Template.Literal { Text: var text } && text.IndexOf("{{", StringComparison.Ordinal) is var at and >= 0)
                    problems.Add($"{text[at..]} is not a hole");
                else if (part is Template.Hole hole && Find(hole.Name, scopes) is { } shown && !Values.Contains(shown))
                    problems.Add($"{{{{{hole.Name}}}}} is not a value");
                else if (part is Template.Section section && Find(section.Name, scopes) is { } type)
                    Walk(section.Parts, section.IsInverted || ScopeOf(type) is not { } inner ? scopes : scopes.Push(inner));
        }

        Type? Find(string name, ImmutableStack<Type> scopes)
        {
            if (name == ".")
                return scopes.Peek();
            foreach (var scope in scopes)
                if (PageModels.Find(scope, name) is { } property)
                {
                    used.Add((scope, name));
                    return property.PropertyType;
                }
            problems.Add($"no value for {{{{{name}}}}}");
            return null;
        }
    }

    /// <summary>The type whose members a section looks up: that of a list's elements, or a model. Null for a value.</summary>
    private static Type? ScopeOf(Type type) => type == typeof(bool) || Values.Contains(type) ? null
        : type.IsGenericType ? type.GetGenericArguments()[0]
        : type;

    private static IEnumerable<JsonPropertyInfo> Properties(Type type) =>
        type == typeof(string) ? [] : PageModels.Default.GetTypeInfo(type)!.Properties.Where(property => property.Get is not null);

    [GeneratedRegex(@"\{\{[#^/][\w.]+\}\}")]
    private static partial Regex SectionTag();

    [GeneratedRegex("<[a-z][^<>]*>")]
    private static partial Regex MarkupTag();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();
}
