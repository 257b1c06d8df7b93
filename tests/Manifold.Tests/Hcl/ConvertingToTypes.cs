using Manifold.Hcl;

namespace Manifold.Tests.Hcl;

/// <summary>Types, and the values that they make of others.</summary>
/// <remarks>Expected is what HCL's typeexpr extension and go-cty's conversions say.</remarks>
public sealed class ConvertingToTypes
{
    [Theory]
    [InlineData("string", "5", "\"5\"")]
    [InlineData("string", "true", "\"true\"")]
    [InlineData("string", "[]", null)]
    [InlineData("number", "\"7\"", "7")]
    [InlineData("number", "true", null)]
    [InlineData("bool", "\"true\"", "true")]
    [InlineData("bool", "1", null)]
    [InlineData("any", "[1, \"a\"]", "[1,\"a\"]")]
    [InlineData("list(string)", "[1, true]", "[\"1\",\"true\"]")]
    [InlineData("list(number)", "[\"x\"]", null)]
    [InlineData("set(string)", "[\"b\", \"a\", \"b\"]", "[\"a\",\"b\"]")]
    [InlineData("set(number)", "[10, 9, 9]", "[9,10]")]
    [InlineData("map(number)", "{a = \"1\"}", "{\"a\":1}")]
    [InlineData("map(string)", "[\"a\"]", null)]
    [InlineData("tuple([string, number])", "[1, \"2\"]", "[\"1\",2]")]
    [InlineData("tuple([string])", "[1, 2]", null)]
    [InlineData("object({a = string, b = optional(number)})", "{a = 1, c = 2}", "{\"a\":\"1\",\"b\":null}")]
    [InlineData("object({a = string})", "{}", null)]
    [InlineData("map(list(string))", "{a = [1]}", "{\"a\":[\"1\"]}")]
    [InlineData("number", "null", "null")]
    public void a_value_becomes_one_of_the_type_or_is_refused(string type, string value, string? json) =>
        Assert.Equal(json, Type(type).Convert(HclParser.ParseExpression(value).Evaluate(new HclScope()))?.ToJson());

    [Theory]
    [InlineData("text")]
    [InlineData("list()")]
    [InlineData("list(string, string)")]
    [InlineData("tuple(string)")]
    [InlineData("object({(a) = string})")]
    public void what_is_not_a_type_is_refused(string type) => Assert.Throws<HclException>(() => Type(type));

    [Fact]
    public void in_json_a_type_is_a_string() => Assert.Equal("list(string)", Type("\"list(string)\"").Name);

    private static HclType Type(string text) => HclType.Parse(HclParser.ParseExpression(text));
}
