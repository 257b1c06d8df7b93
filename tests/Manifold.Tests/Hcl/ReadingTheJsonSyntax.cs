using System.Collections.Immutable;
using Manifold.Hcl;
using Manifold.Hcl.Json;

namespace Manifold.Tests.Hcl;

/// <summary>Files in the JSON syntax. Expected is what the HCL JSON syntax specification and RFC 8259 say.</summary>
public sealed class ReadingTheJsonSyntax
{
    private static readonly ImmutableArray<HclBlockSchema> Schema = [new("variable", true, [new("validation", false, [])])];

    [Fact]
    public void members_are_attributes_or_blocks_as_the_schema_says()
    {
        var body = HclParser.ParseJson(
            """{"a": "x${1 + 1}", "variable": {"v": {"default": 1, "validation": [{"c": true}, {"c": false}]}}}""", Schema);

        Assert.Equal("x2", Assert.Single(body.Attributes).Value.Evaluate(new HclScope()).AsText);
        var block = Assert.Single(body.Blocks);
        Assert.Equal(("variable", "v"), (block.Type.Text, Assert.Single(block.Labels).Text));
        Assert.Equal(["validation", "validation"], block.Body.Blocks.Select(inner => inner.Type.Text));
    }

    [Theory]
    [InlineData("""{"variable": [{"a": {}}, {"b": {}}]}""", "a b")]
    [InlineData("""{"variable": {"a": [{}, {}]}}""", "a a")]
    [InlineData("""{"variable": {"a": {}}, "variable": {"b": {}}}""", "a b")] // a name can be there more than once
    [InlineData("""{"variable": null}""", "")]
    public void blocks_of_the_same_type_can_be_in_a_list(string json, string labels) =>
        Assert.Equal(labels, string.Join(' ', HclParser.ParseJson(json, Schema).Blocks.Select(block => block.Labels[0].Text)));

    [Theory]
    [InlineData("""{"a": "${missing}"}""", "missing")] // inside of a string
    [InlineData("""{"a": "\u0041${missing}"}""", "\"\\u0041${missing}\"")] // with escapes, the place is the whole string
    [InlineData("""{"a": ["é", "${missing}"]}""", "missing")] // offsets are characters, not bytes
    public void a_fault_is_at_its_place(string json, string part)
    {
        var value = HclParser.ParseJson(json, Schema).Attributes[0].Value;

        var span = Assert.Throws<HclException>(() => value.Evaluate(new HclScope())).Span;

        Assert.Equal(part, json.Substring(span.Start, span.Length));
    }

    [Theory]
    [InlineData("[]", 0)]
    [InlineData("""{"variable": 5}""", 13)]
    [InlineData("""{"variable": {"a": 5}}""", 19)]
    [InlineData("""{"a": }""", 6)]
    public void the_wrong_kind_of_value_is_refused_at_its_place(string json, int place) =>
        Assert.Equal(100 + place, Assert.Throws<HclException>(() => HclParser.ParseJson(json, Schema, origin: 100)).Span.Start);

    [Theory]
    [InlineData("", 0)]
    [InlineData("  ", 2)]
    [InlineData("{", 1)]
    [InlineData("{\"a\"", 4)]
    [InlineData("{\"a\":", 5)]
    [InlineData("{\"a\":1", 6)]
    [InlineData("{\"a\":1,", 7)]
    [InlineData("[1", 2)]
    [InlineData("[1,", 3)]
    [InlineData("{\"a\" 1}", 5)]
    [InlineData("{\"a\":1 \"b\":2}", 7)]
    [InlineData("{\"a\":1,}", 7)]
    [InlineData("{,}", 1)]
    [InlineData("{a:1}", 1)]
    [InlineData("{'a':1}", 1)]
    [InlineData("[1,]", 3)]
    [InlineData("[1 2]", 3)]
    [InlineData("[,1]", 1)]
    [InlineData("[1}", 2)]
    [InlineData("{\"a\":1]", 6)]
    [InlineData("1 2", 2)]
    [InlineData("{} }", 3)]
    [InlineData("nul", 0)]
    [InlineData("True", 0)]
    [InlineData("truely", 4)]
    [InlineData("[1x]", 2)]
    [InlineData("[01]", 1)]
    [InlineData("[1.]", 1)]
    [InlineData("\"a\tb\"", 2)] // a tab is written as an escape sequence
    [InlineData("{\"a\tb\":1}", 3)]
    [InlineData("{\"a\\q\":1}", 4)]
    [InlineData("// x\n1", 0)]
    [InlineData("[1, /* x */ 2]", 4)]
    [InlineData("\uFEFF{}", 0)]
    [InlineData("1 \"é\" x", 2)]
    [InlineData("[\"é😀\" 1]", 7)]
    [InlineData("\"abc", 0)]
    [InlineData("[\"abc\nd\"]", 1)]
    [InlineData("\"a\\", 3)]
    [InlineData("\"a\\q\"", 3)]
    [InlineData("\"a\\u12G4\"", 3)]
    [InlineData("\"a\\u12\"", 3)]
    [InlineData("\"a\0b\"", 2)]
    [InlineData("\"a\\u0000b\"", 2)]
    [InlineData("-", 0)]
    [InlineData("[1.2.3]", 1)]
    [InlineData("[1e]", 1)]
    [InlineData("+1", 0)]
    [InlineData("NaN", 0)]
    public void text_that_is_not_json_is_refused_at_its_place(string json, int place) =>
        Assert.Equal(place, Assert.Throws<JsonSyntaxException>(() => JsonReader.Read(json)).Offset);

    [Theory]
    [InlineData("0")]
    [InlineData("-12.5e+3")]
    [InlineData("1E2")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890")]
    public void a_number_is_kept_as_it_is_written(string json) =>
        Assert.Equal(json, Assert.IsType<JsonNumber>(JsonReader.Read(json)).Value);

    [Theory]
    [InlineData("\"\"", "", true)]
    [InlineData("\"é😀\u007f\u2028\"", "é😀\u007f\u2028", true)]
    [InlineData("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"", "\"\\/\b\f\n\r\té😀", false)]
    public void a_string_is_what_its_escapes_stand_for(string json, string value, bool isPlain)
    {
        var text = Assert.IsType<JsonString>(JsonReader.Read(json));

        Assert.Equal((value, isPlain), (text.Value, text.IsPlain));
    }

    [Fact]
    public void half_of_a_surrogate_pair_is_kept()
    {
        Assert.Equal("a\ud800b", Assert.IsType<JsonString>(JsonReader.Read("\"a\\ud800b\"")).Value);
        Assert.Equal("\ude00\ud83d", Assert.IsType<JsonString>(JsonReader.Read("\"\\ude00\\ud83d\"")).Value);
    }

    [Fact]
    public void every_value_has_its_place()
    {
        const string json = " { \"é\" : [ -1.5 , true ],\r\n\t\"b\":{ \"c\":\"x\\n😀\" } , \"b\" : null }";

        var map = Assert.IsType<JsonMap>(JsonReader.Read(json));

        Assert.Equal(["é", "b", "b"], map.Members.Select(member => member.Name.Value));
        Assert.Equal("{ \"é\" : [ -1.5 , true ],\r\n\t\"b\":{ \"c\":\"x\\n😀\" } , \"b\" : null }", Part(json, map));
        Assert.Equal(["\"é\"", "\"b\"", "\"b\""], map.Members.Select(member => Part(json, member.Name)));
        Assert.Equal(["[ -1.5 , true ]", "{ \"c\":\"x\\n😀\" }", "null"], map.Members.Select(member => Part(json, member.Value)));
        Assert.Equal(["-1.5", "true"], ((JsonList)map.Members[0].Value).Items.Select(item => Part(json, item)));
        Assert.Equal("\"x\\n😀\"", Part(json, ((JsonMap)map.Members[1].Value)["c"]!));
        Assert.Null(((JsonLiteral)map["b"]!).Value);
    }

    [Theory]
    [InlineData('[', 128, ']')]
    [InlineData('[', 129, null)]
    [InlineData('[', 1_000_000, null)]
    public void depth_is_limited(char open, int times, char? close)
    {
        var json = new string(open, times) + (close is { } end ? new string(end, times) : "");

        if (close is not null)
            Assert.Equal(json.Length, JsonReader.Read(json).Length);
        else
            Assert.Equal(128, Assert.Throws<JsonSyntaxException>(() => JsonReader.Read(json)).Offset);
    }

    private static string Part(string json, JsonValue value) => json.Substring(value.Start, value.Length);
}
