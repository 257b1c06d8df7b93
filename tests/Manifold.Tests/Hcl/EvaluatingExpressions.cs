using System.Collections.Immutable;
using Manifold.Hcl;

namespace Manifold.Tests.Hcl;

/// <summary>Expressions and their values, as JSON. Expected is what the HCL native syntax specification says.</summary>
public sealed class EvaluatingExpressions
{
    private static readonly HclScope Scope = new HclScope()
        .With("name", new HclString("Juan"))
        .With("list", HclValue.List(["a", "b", "c"]))
        .With("nothing", HclValue.Null)
        .With("people", HclValue.FromJson("""[{"name":"Ann","age":1},{"name":"Bob","age":2}]"""));

    [Theory]
    [InlineData("1 + 2 * 3", "7")]
    [InlineData("(1 + 2) * 3", "9")]
    [InlineData("7 % 4", "3")]
    [InlineData("-2 - -3", "1")]
    [InlineData("1.5e2", "150")]
    [InlineData("0.1 + 0.2", "0.3")] // decimal, not binary
    [InlineData("1 + 2 == 3 && !(2 > 3)", "true")]
    [InlineData("true || false && false", "true")]
    [InlineData("1 == \"1\"", "false")] // equality does not convert
    [InlineData("[1, 2] == [1, 2]", "true")]
    [InlineData("{a = 1} != {a = 2}", "true")]
    [InlineData("\"5\" + 1", "6")] // operators do
    public void operators(string expression, string json) => Assert.Equal(json, Value(expression));

    [Theory]
    [InlineData("true ? \"yes\" : \"no\"", "\"yes\"")]
    [InlineData("false ? 1 : true ? 2 : 3", "2")]
    [InlineData("nothing == null ? \"none\" : nothing", "\"none\"")]
    [InlineData("true ? 1 : missing", "1")] // the other side is not evaluated
    public void conditions(string expression, string json) => Assert.Equal(json, Value(expression));

    [Theory]
    [InlineData("[1, \"two\", true, null]", "[1,\"two\",true,null]")]
    [InlineData("{ b = 1, a = 2 }", "{\"a\":2,\"b\":1}")]
    [InlineData("{ \"a b\" : 1 }", "{\"a b\":1}")]
    [InlineData("{ name = 1 }", "{\"name\":1}")] // a bare name is the key
    [InlineData("{ (name) = 1 }", "{\"Juan\":1}")] // in parentheses, it is a variable
    [InlineData("{ \"${name}!\" = 1 }", "{\"Juan!\":1}")]
    [InlineData("list[0]", "\"a\"")]
    [InlineData("list.1", "\"b\"")]
    [InlineData("{ a = { b = 5 } }.a.b", "5")]
    [InlineData("{ a = 5 }[\"a\"]", "5")]
    public void lists_and_maps(string expression, string json) => Assert.Equal(json, Value(expression));

    [Theory]
    [InlineData("[for v in [\"a\", \"b\"]: v]", "[\"a\",\"b\"]")]
    [InlineData("[for i, v in [\"a\", \"b\"]: i]", "[0,1]")]
    [InlineData("{for i, v in [\"a\", \"b\"]: v => i}", "{\"a\":0,\"b\":1}")]
    [InlineData("{for i, v in [\"a\", \"a\", \"b\"]: v => i...}", "{\"a\":[0,1],\"b\":[2]}")]
    [InlineData("[for i, v in [\"a\", \"b\", \"c\"]: v if i < 2]", "[\"a\",\"b\"]")]
    [InlineData("[for k, v in {x = 1, w = 2}: \"${k}${v}\"]", "[\"w2\",\"x1\"]")]
    public void for_expressions(string expression, string json) => Assert.Equal(json, Value(expression));

    [Theory]
    [InlineData("people[*].name", "[\"Ann\",\"Bob\"]")]
    [InlineData("people.*.age", "[1,2]")]
    [InlineData("{ a = 1 }[*].a", "[1]")] // a value that is not a list is a list of one
    [InlineData("nothing[*].a", "[]")]
    public void splats(string expression, string json) => Assert.Equal(json, Value(expression));

    [Theory]
    [InlineData("\"hello ${name}\"", "\"hello Juan\"")]
    [InlineData("\"${1 + 1}\"", "2")] // a template that is only an interpolation keeps the kind
    [InlineData("\"$${name}\"", "\"${name}\"")]
    [InlineData("\"%%{if}\"", "\"%{if}\"")]
    [InlineData("\"a $ b % c\"", "\"a $ b % c\"")]
    [InlineData("\"hello ${~ name ~} !\"", "\"helloJuan!\"")]
    [InlineData("\"%{ if name == \"Juan\" }J%{ else }?%{ endif }\"", "\"J\"")]
    [InlineData("\"%{ for v in list }[${v}]%{ endfor }\"", "\"[a][b][c]\"")]
    [InlineData("\"\\u00e9\\U0001F600\\t\\\"\\\\\"", "\"é😀\\t\\\"\\\\\"")]
    public void templates(string expression, string json) => Assert.Equal(json, Value(expression));

    [Theory]
    [InlineData("<<EOT\nhello\n  ${name}\nEOT\n", "\"hello\\n  Juan\\n\"")]
    [InlineData("<<-EOT\n    hello\n      world\n    EOT\n", "\"hello\\n  world\\n\"")]
    [InlineData("<<EOT\na\\nb\nEOT\n", "\"a\\\\nb\\n\"")] // backslashes are not escapes
    [InlineData("<<EOT\n%{ for v in list ~}\n${v}\n%{ endfor ~}\nEOT\n", "\"a\\nb\\nc\\n\"")]
    public void heredocs(string expression, string json) => Assert.Equal(json, Value(expression));

    [Theory]
    [InlineData("missing", "missing", HclNameKind.Variable)]
    [InlineData("uper(name)", "uper", HclNameKind.Function)]
    [InlineData("{ ab = 1 }.ac", "ac", HclNameKind.Key)]
    public void an_unknown_name_comes_with_those_that_are_known(string expression, string name, HclNameKind kind)
    {
        var unknown = Fault(expression).Unknown!;

        Assert.Equal((kind, name), (unknown.Kind, unknown.Name));
        Assert.Contains(kind switch { HclNameKind.Variable => "list", HclNameKind.Function => "upper", _ => "ab" }, unknown.Known);
    }

    [Theory]
    [InlineData("1 / 0", "0")]
    [InlineData("1 + list", "list")]
    [InlineData("list ? 1 : 2", "list")]
    [InlineData("[for x in 5: x]", "5")]
    [InlineData("list[7]", "list[7]")]
    [InlineData("list.name", "list.name")]
    [InlineData("\"a${list}\"", "list")]
    [InlineData("upper(list)", "list")] // the argument that does not fit
    [InlineData("upper()", "upper()")]
    [InlineData("join(list...)", "join(list...)")]
    [InlineData("79228162514264337593543950335 + 1", "79228162514264337593543950335 + 1")]
    public void a_fault_is_at_the_part_that_is_wrong(string expression, string part)
    {
        var span = Fault(expression).Span;

        Assert.Equal(part, expression.Substring(span.Start, span.Length));
    }

    [Fact]
    public void a_string_does_not_grow_without_limit()
    {
        var scope = Scope.With("s", new HclString(new string('x', 1 << 20)));

        Assert.Throws<HclException>(() =>
            HclParser.ParseExpression($"\"{string.Concat(Enumerable.Repeat("${s}", 20))}\"").Evaluate(scope));
    }

    [Fact]
    public void a_variable_is_computed_when_an_expression_uses_it()
    {
        var asked = new List<string>();
        var scope = new HclScope
        {
            Variable = (name, _) =>
            {
                asked.Add(name);
                return new HclNumber(1);
            },
        };

        Assert.Equal(2, HclParser.ParseExpression("true ? a + b : c").Evaluate(scope).AsNumber);
        Assert.Equal(["a", "b"], asked);
    }

    [Fact]
    public void a_function_in_hcl_sees_its_parameters_and_not_the_callers_locals()
    {
        var function = new HclUserFunction("f", ["a"], "rest", HclParser.ParseExpression("[a, length(rest)]"));
        var leaky = new HclUserFunction("g", [], null, HclParser.ParseExpression("name"));
        var scope = Scope with { Function = (name, _) => name switch { "f" => function, "g" => leaky, _ => null } };

        Assert.Equal("[1,2]", HclParser.ParseExpression("f(1, 2, 3)").Evaluate(scope).ToJson());
        Assert.Throws<HclException>(() => HclParser.ParseExpression("g()").Evaluate(scope));
    }

    [Fact]
    public void a_function_that_calls_itself_is_refused()
    {
        var function = new HclUserFunction("f", ["a"], null, HclParser.ParseExpression("f(a)"));

        Assert.Throws<HclException>(() =>
            HclParser.ParseExpression("f(1)").Evaluate(new HclScope { Function = (name, _) => name == "f" ? function : null }));
    }

    [Fact]
    public void a_function_in_csharp_replaces_the_standard_one()
    {
        var shout = new HclFunction(1, 1, arguments => new HclString(arguments.Text(0) + "!"));
        var scope = new HclScope { Functions = ImmutableDictionary<string, HclFunction>.Empty.Add("upper", shout) };

        Assert.Equal("a!", HclParser.ParseExpression("upper(\"a\")").Evaluate(scope).AsText);
    }

    private static string Value(string expression) => HclParser.ParseExpression(expression).Evaluate(Scope).ToJson();

    private static HclException Fault(string expression) =>
        Assert.Throws<HclException>(() => HclParser.ParseExpression(expression).Evaluate(Scope));
}
