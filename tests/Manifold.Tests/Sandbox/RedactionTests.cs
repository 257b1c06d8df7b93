using System.Text;
using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

public sealed class RedactingWhatARunPrints
{
    private const string Token = "s3cr3t-t0k3n-0f-the-t3st";

    [Theory]
    [InlineData($"header: {Token}!", "header: ***!")]
    [InlineData($"{Token}{Token} {Token}", "****** ***")]
    [InlineData("nothing", "nothing")]
    [InlineData("s3cr3t-t0k3n", "s3cr3t-t0k3n")]
    public void replaces_each_value(string line, string shown) => Assert.Equal([shown], Print(line + "\n", Token + "\n"));

    [Fact]
    public void replaces_each_line_of_a_value_of_several_lines_and_its_base64()
    {
        const string key = "-----BEGIN KEY-----\nAAAABBBBCCCC\n}\n-----END KEY-----\n";
        Assert.Equal(["***", "x *** y", "}", "***", "***"],
            Print(
                $"-----BEGIN KEY-----\nx AAAABBBBCCCC y\n"
                    + $"}}\n-----END KEY-----\n{Convert.ToBase64String(Encoding.UTF8.GetBytes(key)).TrimEnd('=')}\n", key));
    }

    [Fact]
    public void leaves_values_that_stand_in_everything() => Assert.Equal(["abc abc"], Print("abc abc\n", "abc"));

    [Theory]
    [InlineData(65_530)]
    [InlineData(65_536)]
    [InlineData(65_536 - 24)]
    [InlineData(65_536 - 23)]
    public void finds_a_value_where_an_endless_line_is_cut(int before)
    {
        var shown = string.Concat(Print(new string('x', before) + Token + new string('y', 100_000), Token));
        Assert.Equal(new string('x', before) + "***" + new string('y', 100_000), shown);
    }

    private static List<string> Print(string text, string secret)
    {
        var lines = new List<string>();
        var output = new RunOutput(line => lines.Add(line.Text), new Redaction([Encoding.UTF8.GetBytes(secret)]), TimeProvider.System);
        output.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), LogStream.Output);
        return lines;
    }
}
