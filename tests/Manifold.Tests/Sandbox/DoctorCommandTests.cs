using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Cli;

namespace Manifold.Tests.Sandbox;

public sealed class AskingTheDoctor
{
    [Fact]
    public async Task tells_each_thing_that_builds_use_and_ends_with_a_verdict()
    {
        var (code, text) = await Ask("doctor");
        Assert.Equal(text.Contains("\nNO  ", StringComparison.Ordinal) || text.StartsWith("NO  ", StringComparison.Ordinal) ? 4 : 0, code);
        foreach (var name in (string[])["privilege", "OCI runtime", "overlayfs", "user namespaces", "binfmt_misc", "linux/riscv64", "git", "kubectl", "store"])
            Assert.Matches($"(?m)^(ok|--|NO)  {name} ", text);
        Assert.Contains("This machine ", text.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public async Task with_json_gives_the_same_to_programs()
    {
        var (_, text) = await Ask("doctor", "--json");
        var checks = JsonDocument.Parse(text).RootElement;
        Assert.Contains(checks.EnumerateArray(), check => check.GetProperty("name").GetString() == "OCI runtime");
        Assert.All(checks.EnumerateArray(), check => Assert.Contains(check.GetProperty("status").GetString(), (string[])["Ready", "Reduced", "Missing"]));
    }

    [Fact]
    public async Task about_emulators_lists_the_usual_platforms()
    {
        var (code, text) = await Ask("emulators", "list");
        Assert.Equal(0, code);
        Assert.StartsWith("PLATFORM", text, StringComparison.Ordinal);
        Assert.Matches($"(?m)^{Manifold.Oci.Platform.Host} +native +this machine$", text);
        Assert.Equal(8, text.Split('\n').Count(line => line.StartsWith("linux/", StringComparison.Ordinal)) + 1);
    }

    private static async Task<(int Code, string Text)> Ask(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        using var output = new StringWriter();
        var context = new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", folder["store"]),
            Out = output, Error = TextWriter.Null, Time = TimeProvider.System, Interactive = false,
        };
        return (await CommandTree.RunAsync(context, arguments), output.ToString());
    }
}
