using Manifold.Hcl;

namespace Manifold.Tests.Hcl;

/// <summary>Files of the native syntax. Expected is what the HCL native syntax specification says.</summary>
public sealed class ParsingFiles
{
    [Fact]
    public void a_body_has_attributes_and_blocks_in_the_order_of_the_file()
    {
        var body = Parsed("""
            io_mode = "async"

            service "http" "web_proxy" {
              listen_addr = "127.0.0.1:8080"

              process {
              }
            }
            """);

        Assert.Equal("io_mode", Assert.Single(body.Attributes).Name);
        var service = Assert.Single(body.Blocks);
        Assert.Equal("service", service.Type.Text);
        Assert.Equal(["http", "web_proxy"], service.Labels.Select(label => label.Text));
        Assert.Equal("listen_addr", Assert.Single(service.Body.Attributes).Name);
        Assert.Equal("process", Assert.Single(service.Body.Blocks).Type.Text);
    }

    [Fact]
    public void labels_can_be_bare_names() =>
        Assert.Equal(["a", "b"], Assert.Single(Parsed("t a \"b\" {}").Blocks).Labels.Select(label => label.Text));

    [Theory]
    [InlineData("# one\na = 1")]
    [InlineData("// one\na = 1")]
    [InlineData("/* one\ntwo */ a = 1")]
    [InlineData("a = 1 # one")]
    [InlineData("a = /* one */ 1")]
    [InlineData("\r\na = 1\r\n")]
    public void comments_and_blank_lines_mean_nothing(string text) =>
        Assert.Equal(1, Parsed(text).Find("a")!.Value.Evaluate(new HclScope()).AsNumber);

    [Fact]
    public void everything_has_its_place()
    {
        const string text = "a = 1\nserver \"web\" {\n  port = 80 + 1\n}\n";

        var server = Assert.Single(Parsed(text).Blocks);

        Assert.Equal("server", Part(text, server.Type.Span));
        Assert.Equal("\"web\"", Part(text, server.Labels[0].Span));
        Assert.Equal("port", Part(text, server.Body.Attributes[0].NameSpan));
        Assert.Equal("80 + 1", Part(text, server.Body.Attributes[0].Value.Span));
    }

    [Fact]
    public void offsets_begin_at_the_origin()
    {
        var body = HclParser.Parse("ab = 1", out _, origin: 100);

        Assert.Equal(new HclSpan(100, 2), body.Attributes[0].NameSpan);
        Assert.Equal(new HclSpan(105, 1), body.Attributes[0].Value.Span);
    }

    [Fact]
    public void all_faults_are_reported_and_the_rest_is_read()
    {
        const string text = "a = \nb = 2\nc 3\nd = 4\n";

        var body = HclParser.Parse(text, out var faults);

        Assert.Equal(["b", "d"], body.Attributes.Select(attribute => attribute.Name));
        Assert.Equal(2, faults.Length);
        Assert.All(faults, fault => Assert.InRange(fault.Span.Start, 0, text.Length));
    }

    [Theory]
    [InlineData("a = 1\na = 2", "a")] // an attribute may be set once
    [InlineData("a = \"x", "\"")]
    [InlineData("a = <<EOT\nx\n", "<<EOT")]
    [InlineData("a = 1 /* open", "/")]
    [InlineData("a = 1 b = 2", "b")]
    [InlineData("a = \"\\q\"", "\\")]
    [InlineData("a = 'x'", "'")]
    [InlineData("a = \"x\0y\"", "\0")]
    public void a_fault_is_at_its_place(string text, string place)
    {
        HclParser.Parse(text, out var faults);

        Assert.Equal(place, Part(text, Assert.Single(faults).Span));
    }

    [Theory]
    [InlineData("[", 100_000)]
    [InlineData("{a=", 100_000)]
    [InlineData("(", 100_000)]
    [InlineData("-", 100_000)]
    [InlineData("\"${", 100_000)]
    [InlineData("1 + ", 100_000)]
    [InlineData("x ? 1 : ", 100_000)]
    [InlineData("x.", 100_000)]
    public void text_without_end_is_refused_before_it_fills_the_stack(string text, int times)
    {
        HclParser.Parse("a = " + string.Concat(Enumerable.Repeat(text, times)), out var faults);

        Assert.NotEmpty(faults);
    }

    [Fact]
    public void an_expression_can_be_read_by_itself()
    {
        Assert.Equal(3, HclParser.ParseExpression(" 1 + 2 ").Evaluate(new HclScope()).AsNumber);
        Assert.Equal(2, Assert.Throws<HclException>(() => HclParser.ParseExpression("1 2")).Span.Start);
    }

    private static string Part(string text, HclSpan span) => text.Substring(span.Start, span.Length);

    private static HclBody Parsed(string text)
    {
        var body = HclParser.Parse(text, out var faults);
        Assert.Empty(faults);
        return body;
    }
}
