using Manifold.Hcl;

namespace Manifold.Tests.Hcl;

/// <summary>The project as others use it.</summary>
public sealed class UsingTheProject
{
    [Fact]
    public void it_depends_on_nothing_but_the_platform() =>
        Assert.All(typeof(HclParser).Assembly.GetReferencedAssemblies(), each => Assert.StartsWith("System.", each.Name));

    [Fact]
    public void the_sample_of_its_readme_prints_what_it_says()
    {
        var printed = new StringWriter();
        // The same lines as in src/Manifold.Hcl/README.md, which the last assertion checks.
        var body = HclParser.Parse("""
            greeting = "Hello, ${upper(name)}!"
            port     = 8000 + offset
            server "web" {
              hosts = [for zone in ["a", "b"] : "${zone}.example.com"]
            }
            """, out var faults);
        var scope = new HclScope().With("name", new HclString("you")).With("offset", new HclNumber(80));
        printed.WriteLine(body.Find("greeting")!.Value.Evaluate(scope).AsText);
        printed.WriteLine(body.Find("port")!.Value.Evaluate(scope).AsNumber);
        printed.WriteLine(body.Blocks[0].Body.Find("hosts")!.Value.Evaluate(scope).ToJson());

        Assert.Empty(faults);
        var sample = File.ReadAllText(Path.Combine(Cases.Repository, "src/Manifold.Hcl/README.md")).Split("```")[1];
        Assert.Equal(
            sample.Split('\n').Where(line => line.StartsWith("Console.WriteLine", StringComparison.Ordinal))
                .Select(line => line.Split("; // ")[1]),
            printed.ToString().TrimEnd().Split('\n'));
        Assert.Contains(
            "new HclScope().With(\"name\", new HclString(\"you\")).With(\"offset\", new HclNumber(80));", sample, StringComparison.Ordinal);
    }
}
