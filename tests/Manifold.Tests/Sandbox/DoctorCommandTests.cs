using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Cli;
using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

public sealed class AskingTheDoctor
{
    [Fact]
    public async Task tells_each_thing_that_builds_use_and_ends_with_a_verdict()
    {
        var (code, text) = await Ask("doctor");
        Assert.Equal(text.Contains("\nNO  ", StringComparison.Ordinal) || text.StartsWith("NO  ", StringComparison.Ordinal) ? 4 : 0, code);
        foreach (var name in (string[])["privilege",
            "OCI runtime", "overlayfs", "user namespaces", "binfmt_misc", "linux/riscv64", "git", "kubectl", "store"])
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
        Assert.All(checks.EnumerateArray(),
            check => Assert.Contains(check.GetProperty("status").GetString(), (string[])["Ready", "Reduced", "Missing"]));
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

    [Fact]
    public async Task about_a_store_that_is_a_file_says_so()
    {
        using var folder = new TemporaryFolder();
        folder.Write("store", "");
        var (code, text) = await Ask(folder, "doctor");
        Assert.Equal(4, code);
        Assert.Matches("(?m)^NO  store .*is a file, not a folder", text);
    }

    [Fact]
    public void about_a_store_that_cannot_be_written_leaves_nothing_of_what_it_tried()
    {
        using var folder = new TemporaryFolder();
        string stand;
        using (var survey = StoreSurvey.Make(folder.Write("store", "")))
        {
            Assert.False(survey.IsUsable);
            stand = survey.Store!.Root;
            Assert.True(Directory.Exists(stand));
        }
        Assert.False(Directory.Exists(stand));
    }

    private static async Task<(int Code, string Text)> Ask(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        return await Ask(folder, arguments);
    }

    private static async Task<(int Code, string Text)> Ask(TemporaryFolder folder, params string[] arguments)
    {
        using var output = new StringWriter();
        var context = new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", folder["store"]),
            Out = output,
            Error = TextWriter.Null,
            Time = TimeProvider.System,
            Interactive = false,
        };
        return (await CommandTree.RunAsync(context, arguments), output.ToString());
    }
}
