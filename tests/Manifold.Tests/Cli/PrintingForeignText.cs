using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Cli;
using Manifold.Content;
using Manifold.Oci;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Cli;

/// <summary>An image whose every text means harm, through every command that shows something of an image.</summary>
public sealed class PrintingForeignText : IDisposable
{
    /// <summary>A cleared screen, the clipboard, a title, C1, DEL, overrides, a carriage return and a command for the CI.</summary>
    private const string Evil = "x\e[2J\e]52;c;cm0=\a\u009b31m\u007f\b\u202e\u2066\u200b\rover\n::error::y ##[error]z";

    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public PrintingForeignText() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task no_command_lets_an_image_speak_to_the_terminal()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await StoreAsync("evil:1", "amd64", "arm64");
        await StoreAsync("other:1", "amd64", "arm64");
        var context = Context($"# {Evil.Replace('\n', ' ')}\nFROM evil:1\nLABEL a=\"b\e[2J\"\nCOPY Dockerfile /{(char)0x202e}x\n");
        var app = new { context, labels = new Dictionary<string, string> { ["a"] = Evil }, tags = new[] { "baked:1" } };
        folder.Write("docker-bake.json",
            JsonSerializer.Serialize(new { target = new Dictionary<string, object> { ["app"] = app } }));
        string[][] commands =
        [
            ["inspect", "store:evil:1"], ["images"], ["verify", "store:evil:1"], ["verify", "--parity", "store:evil:1"],
            ["compare", "store:evil:1", "store:other:1"],
            ["plan", context], ["build", "--platform", "linux/amd64", "-t", "built:1", context],
            ["build", "--platform", "linux/amd64", "--progress", "json", "-t", "built:1", context], ["build", "--check", context],
            ["build", "--print=tree", context], ["bake", "-f", folder["docker-bake.json"]],
            ["bake", "-f", folder["docker-bake.json"], "--print"], ["builds"], ["report", "--format", "text"],
            ["report", "--format", "markdown"],
            ["copy", "store:evil:1", $"{registry.Name}/evil:1"], ["index", "create", "--dry-run", $"{registry.Name}/new:1", "store:evil:1"],
            ["push", "evil:1", $"{registry.Name}/evil:2"],
            ["inspect", $"{registry.Name}/evil:1"], ["pull", $"{registry.Name}/evil:1"], ["tag", "evil:1", $"{Evil}:1"],
            ["inspect", $"oci:{Evil}"], [Evil], ["inspect", $"--{Evil}"], ["build", "-f", Evil, context], ["rm", "evil:1"],
        ];
        foreach (var command in commands)
        {
            var (_, output, error) = await Commanding.Manifold(folder, command);
            AssertSafe(string.Join(' ', command), output + error);
            Assert.DoesNotContain("(fault ", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task json_keeps_the_labels_to_the_letter()
    {
        await StoreAsync("evil:1", "amd64");
        var (code, output, _) = await Commanding.Manifold(folder, "inspect", "store:evil:1", "--format", "json");
        Assert.Equal(0, code);
        AssertSafe("inspect", output);
        Assert.Equal(Evil, JsonDocument.Parse(output).RootElement.GetProperty("platforms")[0].GetProperty("config")
            .GetProperty("config").GetProperty("Labels").GetProperty("a").GetString());
    }

    [Fact]
    public async Task a_document_that_is_asked_for_is_itself()
    {
        var index = await StoreAsync("evil:1", "amd64");
        var (_, output, _) = await Commanding.Manifold(folder, "inspect", "--raw", "store:evil:1");
        Assert.Equal(index.Digest, Digest.Of(output));
    }

    [Fact]
    public async Task a_label_of_several_lines_takes_one_in_the_table()
    {
        await StoreAsync("evil:1", "amd64");
        var (_, output, _) = await Commanding.Manifold(folder, "inspect", "store:evil:1");
        Assert.Contains("\\rover\\n",
            Assert.Single(output.Split('\n'), line => line.StartsWith("  label:      a=", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_registry_that_means_harm_is_quoted_safely()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        registry.Fault = async http =>
        {
            http.Response.StatusCode = 403;
            await http.Response.WriteAsync(
                JsonSerializer.Serialize(new { errors = new[] { new { code = Evil, message = Evil, detail = Evil } } }));
            return true;
        };
        await StoreAsync("evil:1", "amd64");
        foreach (var command in new[] { new[] { "inspect", $"docker://{registry.Name}/a:1" }, ["pull", $"{registry.Name}/a:1"],
            ["push", "evil:1", $"{registry.Name}/a:1"], ["copy", "store:evil:1", $"{registry.Name}/a:2"] })
        {
            var (code, output, error) = await Commanding.Manifold(folder, command);
            Assert.NotEqual(0, code);
            AssertSafe(string.Join(' ', command), output + error);
        }
    }

    [Fact]
    public async Task a_group_of_a_ci_holds_what_was_printed_and_nothing_ends_it_early()
    {
        var context = Context("FROM scratch\nCOPY Dockerfile /a\n");
        using StringWriter output = new(), error = new();
        await CommandTree.RunAsync(new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", folder["store"])
                .Add("GITHUB_ACTIONS", "true"),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
        }, ["build", "--label", $"a={Evil}", "-f", $"{Evil}\n::endgroup::", context]);
        Assert.DoesNotContain(error.ToString().Split('\n'),
            line => line.TrimStart().StartsWith("::", StringComparison.Ordinal)
                && !line.StartsWith("::group::", StringComparison.Ordinal) && line != "::endgroup::");
    }

    private static void AssertSafe(string command, string text)
    {
        var obeyed = text.FirstOrDefault(one => one is not ('\n' or '\t')
            && (char.IsControl(one) || one is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' or '\u200b'));
        Assert.True(obeyed == '\0' && !text.Contains('\0', StringComparison.Ordinal), $"{command}: U+{(int)obeyed:X4} in\n{text}");
        Assert.DoesNotContain(text.Split('\n'), line => line.TrimStart().StartsWith("::error", StringComparison.Ordinal)
            || line.Contains("##[error", StringComparison.Ordinal));
    }

    private string Context(string dockerfile)
    {
        folder.Write("context/Dockerfile", dockerfile);
        return folder["context"];
    }

    private async Task<Descriptor> StoreAsync(string name, params string[] architectures)
    {
        var entries = new List<Descriptor>();
        var evil = ImmutableSortedDictionary<string, string>.Empty.Add("a", Evil);
        foreach (var architecture in architectures)
        {
            var sample = Manifest.Parse(store.ReadDocument((await SampleImages.WriteAsync(store, name, $"linux/{architecture}")).Digest));
            var config = ImageConfig.Parse(store.ReadDocument(sample.Config.Digest)) with
            {
                Author = Evil,
                OsVersion = "1",
                Config = new ContainerConfig
                {
                    Env = [$"A={Evil}{architecture}"],
                    Cmd = [Evil],
                    Entrypoint = ["/bin/" + Evil],
                    User = Evil,
                    WorkingDir = "/" + Evil,
                    OnBuild = [$"LABEL b=\"{Evil.Replace('\n', ' ')}\""],
                    Labels = evil.Add($"k{Evil}", architecture),
                    StopSignal = Evil,
                    Shell = [Evil],
                    Volumes = ImmutableSortedDictionary<string, EmptyObject>.Empty.Add("/" + Evil, new EmptyObject()),
                },
                History = [new HistoryEntry { CreatedBy = Evil, Comment = Evil, Author = Evil }],
            };
            var manifest = sample with { Config = await store.WriteAsync(config.ToJson(), MediaType.Config), Annotations = evil };
            entries.Add(await store.WriteAsync(manifest.ToJson(), MediaType.Manifest) with
            {
                Platform = PlatformFields.From(config.Platform),
                Annotations = evil
            });
        }
        var index = await store.WriteAsync(new ImageIndex { Manifests = [.. entries], Annotations = evil }.ToJson(), MediaType.Index);
        store.Tags.Set(ImageReference.Parse(name), index);
        return index;
    }
}
