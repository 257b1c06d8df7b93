using System.Text.Json;
using Manifold.Building.Recording;
using Manifold.Cli;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Reporting;

namespace Manifold.EndToEnd.Building;

/// <summary>Every build leaves a record, from which reports are made.</summary>
public sealed class RecordingBuilds : IDisposable
{
    private const string Dockerfile = """
        FROM scratch AS files
        COPY big /big
        FROM scratch
        ARG VERSION
        ARG DEPLOY_TOKEN
        LABEL org.opencontainers.image.version=$VERSION leaked=$DEPLOY_TOKEN
        COPY --from=files /big /data/big
        COPY small /data/big
        """;

    private static readonly string[] TwoPlatforms = ["--platform", "linux/amd64,linux/arm64", "--verify", "warn"];

    private readonly Workshop workshop = new();

    public void Dispose() => workshop.Dispose();

    [Fact]
    public async Task the_record_says_what_was_built_from_what_and_how()
    {
        (await Build()).Succeeded();
        var record = Latest();
        var image = Assert.Single(record.Components);
        Assert.Equal((BuildOutcome.Succeeded, "build", 2, 6),
            (record.Outcome, record.Command, image.Platforms.Length, record.Steps.Length));
        var platform = image.Platforms[0];
        Assert.Equal((BuildWay.Copy, 3000L + 4, 3000L), (platform.Way, platform.UncompressedBytes, platform.WastedBytes));
        Assert.Equal(new RecordedWaste("/data/big", 3000, 1, 2, false), Assert.Single(platform.Waste));
        Assert.Equal(["linux/arm64"], platform.Layers[0].SharedWith.Select(each => each.ToString()));
        Assert.Equal("COPY small /data/big", platform.Layers[1].Instruction);
        Assert.All(record.Steps.Where(step => step.Name.Contains("COPY big", StringComparison.Ordinal)),
            step => Assert.Equal("files", step.Stage));
    }

    [Fact]
    public async Task a_secret_in_an_argument_is_in_no_report()
    {
        (await Build("--build-arg", "DEPLOY_TOKEN=hunter2hunter2", "--build-arg", "VERSION=1.4", "--report", workshop["report"]))
            .Succeeded();
        var image = Assert.Single(Latest().Components);
        Assert.Equal(("***", "1.4", "***"), (image.Arguments["DEPLOY_TOKEN"], image.Arguments["VERSION"], image.Labels["leaked"]));
        foreach (var file in Directory.GetFiles(workshop["report"]).Concat(Directory.GetFiles(Path.Combine(workshop.Root, "builds"))))
            Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_report_folder_has_the_page_the_summary_and_the_record()
    {
        (await Build("--report", workshop["report"])).Succeeded();
        Assert.Equal(["record.json", "report.html", "report.md"], Directory.GetFiles(workshop["report"]).Select(Path.GetFileName).Order());
        var record = RecordJson.Read(await File.ReadAllBytesAsync(workshop["report/record.json"]));
        Assert.Equal(0, record.Components[0].Parity?.Count);
        Assert.Contains(record.Components[0].Index!.Digest.ToString(),
            await File.ReadAllTextAsync(workshop["report/report.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_build_that_failed_is_recorded_with_its_step_and_its_reason()
    {
        var failed = await workshop.Build(workshop.Context("FROM scratch\nCOPY noth*ng /\n"), "-t", "app:1");
        Assert.Equal(1, failed.Code);
        var record = Latest();
        Assert.Equal((BuildOutcome.Failed, StepState.Failed), (record.Outcome, Assert.Single(record.Steps).State));
        Assert.Contains("'noth*ng'", record.Failure);
        Assert.Contains("failed", (await workshop.Run([], "builds")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("'noth*ng'",
            (await workshop.Run([], "report", "--format", "markdown")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_next_build_is_compared_with_what_the_tag_was_before()
    {
        var context = workshop.Context(Dockerfile, ("big", new string('x', 3000)), ("small", "abcd"));
        (await workshop.Build(context, "-t", "app:1")).Succeeded();
        var first = Latest();
        await File.WriteAllTextAsync(Path.Combine(context, "small"), "other");
        (await workshop.Build(context, "-t", "app:1")).Succeeded();
        var before = Latest().Components[0].Before!;
        Assert.Equal((first.Components[0].Index!.Digest, first.Components[0].Platforms[0].CompressedBytes),
            (before.Digest, before.Platforms[0].CompressedBytes));
        var compared = (await workshop.Run([], "compare", first.Id, "latest")).Succeeded().Output;
        Assert.Matches(@"~ +/data/big +0644 0:0 4 B [0-9a-f]{12} +→ +0644 0:0 5 B", compared);
    }

    [Fact]
    public async Task two_images_are_compared_by_content_not_by_time()
    {
        var context = workshop.Context("FROM scratch\nCOPY small /a\nCOPY small /b\nENV X=1\n", ("small", "abcd"));
        (await workshop.Build(context, "-t", "app:1")).Succeeded();
        (await workshop.Build(
            workshop.Context("FROM scratch\nCOPY . /\nENV X=2\n",
                ("a", "abcd"), ("b", "abce"), (".dockerignore", "Dockerfile\n.dockerignore")), "-t", "app:2"))
            .Succeeded();
        using var json = JsonDocument.Parse((await workshop.Run([], "compare", "store:app:1", "store:app:2", "--json")).Succeeded().Output);
        var differences = json.RootElement.GetProperty("platforms")[0].GetProperty("differences").EnumerateArray()
            .Select(each => each.GetProperty("name").GetString()).ToList();
        Assert.Equal(["/b", "X"], differences);
        Assert.Contains("are the same image",
            (await workshop.Run([], "compare", "store:app:1", "store:app:1")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_build_and_an_image_are_not_compared()
    {
        (await Build()).Succeeded();
        var refused = await workshop.Run([], "compare", "latest", "store:app:1");
        Assert.Equal(2, refused.Code);
        Assert.Contains("'latest' is a build, but 'store:app:1' is not", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_ci_with_a_summary_page_gets_the_summary_behind_what_is_there()
    {
        await File.WriteAllTextAsync(workshop["summary.md"], "# before\n");
        using StringWriter output = new(), error = new();
        var code = await CommandTree.RunAsync(new CliContext
        {
            Environment = workshop.Variables.Add("GITHUB_STEP_SUMMARY", workshop["summary.md"]),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
        }, ["build", "-t", "app:1", "--progress", "plain", workshop.Context("FROM scratch\nCOPY Dockerfile /\n")]);
        Assert.True(code == 0, error.ToString());
        Assert.Matches(@"^# before\n# docker\.io/library/app:1\n", await File.ReadAllTextAsync(workshop["summary.md"]));
    }

    [Fact]
    public async Task a_report_is_written_where_it_is_wanted_and_says_where()
    {
        (await Build()).Succeeded();
        var told = (await workshop.Run([], "report", "-o", workshop["page.html"])).Succeeded().Output.Trim();
        Assert.Equal(workshop["page.html"], told);
        Assert.StartsWith("<!doctype html>", await File.ReadAllTextAsync(told), StringComparison.Ordinal);
        var unknown = await workshop.Run([], "report", "20200101");
        Assert.Equal(2, unknown.Code);
        Assert.Contains($"The latest build is {Latest().Id}", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_metadata_file_has_the_keys_of_buildx()
    {
        (await workshop.Build(workshop.Context("FROM scratch\nCOPY Dockerfile /\n"),
            "-t", "app:1", "--metadata-file", workshop["metadata.json"]))
            .Succeeded();
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(workshop["metadata.json"]));
        Assert.Equal(
            ["buildx.build.ref", "containerimage.config.digest", "containerimage.descriptor", "containerimage.digest", "image.name"],
            json.RootElement.EnumerateObject().Select(each => each.Name).Order());
        Assert.Equal(Latest().Id, json.RootElement.GetProperty("buildx.build.ref").GetString());
    }

    [Fact]
    public async Task a_project_is_one_record_of_all_its_images()
    {
        Directory.CreateDirectory(workshop["project"]);
        await File.WriteAllTextAsync(workshop["project/manifold.yaml"], """
            platforms: [linux/amd64, linux/arm64]
            images:
              base: {context: base, tags: ["acme/base:1"], verify: warn}
              api: {context: api, tags: ["acme/api:1"], verify: warn}
            """);
        foreach (var (name, from) in new[] { ("base", "scratch"), ("api", "acme/base:1") })
        {
            Directory.CreateDirectory(workshop[$"project/{name}"]);
            await File.WriteAllTextAsync(workshop[$"project/{name}/Dockerfile"], $"FROM {from}\nCOPY Dockerfile /{name}\n");
        }
        (await workshop.Run(["-f", workshop["project/manifold.yaml"], "--report", workshop["report"]], "bake", "--progress", "json"))
            .Succeeded();
        var record = Latest();
        Assert.Equal(("bake", BuildOutcome.Succeeded), (record.Command, record.Outcome));
        Assert.Equal(["base", "api"], record.Components.Select(component => component.Name));
        Assert.All(record.Components, component => Assert.Equal(2, component.Platforms.Count(platform => platform.Manifest is not null)));
        var page = await File.ReadAllTextAsync(workshop["report/report.html"]);
        Assert.Contains("<a href=\"#image-1\">api</a>", page, StringComparison.Ordinal);
        Assert.Matches("[Oo]ther images", page);
        Assert.Matches("linux/arm64, api</span>.*linux/arm64, base</span>", page.ReplaceLineEndings(" "));
    }

    [Fact]
    public async Task a_hook_belongs_to_its_image_and_counts_on_the_critical_path()
    {
        workshop.Write("shop/manifold.yaml", """
            verify: warn
            images:
              base: {context: base, tags: ["acme/base:1"]}
              api:
                context: api
                tags: ["acme/api:1"]
                before: {run: "sleep 1; echo made > made", inputs: [Dockerfile], outputs: [made]}
            """);
        workshop.Write("shop/base/Dockerfile", "FROM scratch\nCOPY Dockerfile /base\n");
        workshop.Write("shop/api/Dockerfile", "FROM acme/base:1\nCOPY made /api\n");
        (await workshop.Run(["-f", workshop["shop"], "--report", workshop["report"]], "bake", "--progress", "json")).Succeeded();
        var record = Latest();
        var hook = Assert.Single(record.Hooks);
        Assert.Equal(("api", true), (hook.Component, hook.Elapsed >= 1));
        var path = CriticalPath.Of(record);
        Assert.Contains(path, step => (step.Kind, step.Component) == (CriticalPath.HookKind, "api"));
        Assert.Equal(("hook", "copy", "api"), (path[^2].Kind, path[^1].Kind, path[^1].Component));
        Assert.True(record.SecondsOf(record.Components[1]) >= 1);
        Assert.Contains("<h1>shop</h1>", await File.ReadAllTextAsync(workshop["report/report.html"]), StringComparison.Ordinal);
        Assert.StartsWith("# shop\n", await File.ReadAllTextAsync(workshop["report/report.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task every_image_counts_once_and_those_that_were_not_started_are_named()
    {
        workshop.Write("shop/manifold.yaml", """
            images:
              good: {context: good, tags: ["acme/good:1"], verify: warn}
              bad: {context: bad, tags: ["acme/bad:1"]}
              after: {context: after, tags: ["acme/after:1"]}
            """);
        workshop.Write("shop/good/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        workshop.Write("shop/bad/Dockerfile", "FROM scratch\nCOPY noth*ng /\n");
        workshop.Write("shop/after/Dockerfile", "FROM acme/bad:1\nCOPY Dockerfile /\n");
        Assert.Equal(1, (await workshop.Run(["-f", workshop["shop"], "--keep-going"], "bake", "--progress", "json")).Code);
        foreach (var format in new[] { "html", "markdown", "text" })
        {
            var text = (await workshop.Run([], "report", "--format", format, "-o", "-")).Succeeded().Output;
            Assert.Contains("1 built, 1 failed, 1 not started", text, StringComparison.Ordinal);
        }
        var page = (await workshop.Run([], "report", "-o", "-")).Output;
        Assert.Matches("Not started:</span> <a href=\"#image-2\">after</a>", page);
    }

    [Fact]
    public async Task a_build_without_a_name_is_titled_by_its_folder()
    {
        var context = workshop.Context("FROM scratch\nCOPY Dockerfile /\n");
        (await workshop.Build(context, "--report", workshop["report"])).Succeeded();
        Assert.Contains($"<h1>{Path.GetFileName(context)}</h1>", await File.ReadAllTextAsync(workshop["report/report.html"]),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_project_that_cannot_be_planned_is_recorded_with_its_images()
    {
        workshop.Write("project/manifold.yaml",
            "images:\n  api: {context: ., tags: [\"acme/api:1\"]}\n  web: {context: ., tags: [\"acme/web:1\"]}\n  other: {context: .}\n");
        workshop.Write("project/Dockerfile", "FROM 127.0.0.1:1/nowhere\n");
        Assert.NotEqual(0, (await workshop.Run(["-f", workshop["project/manifold.yaml"], "api", "web", "--report", workshop["report"]],
            "bake", "--progress", "json")).Code);
        var record = Latest();
        Assert.Equal(BuildOutcome.Failed, record.Outcome);
        Assert.Equal(["api", "web"], record.Components.Select(component => component.Name));
        Assert.All(record.Components, component => Assert.Contains("not started", component.Failure, StringComparison.Ordinal));
        Assert.Contains("127.0.0.1:1", record.Failure, StringComparison.Ordinal);
        foreach (var format in new[] { "html", "markdown", "text" })
            Assert.Contains("web",
                (await workshop.Run([], "report", "--format", format, "-o", "-")).Succeeded().Output, StringComparison.Ordinal);
        (await workshop.Run([], "builds")).Succeeded();
    }

    [Fact]
    public async Task a_platform_that_failed_in_an_emulated_RUN_is_shown_as_emulated()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await Workshop.NeedBusyBox();
        var other = Platform.Parse(Platform.Host.Architecture == "arm64" ? "linux/amd64" : "linux/arm64");
        var failed = await workshop.Build(workshop.Context("FROM BASE\nRUN exit 3\n"), "--platform", other.ToString());
        Assert.Equal(1, failed.Code);
        var record = Latest();
        Assert.Equal((StepState.Failed, true), (Assert.Single(record.Steps).State, record.Steps[0].Emulated));
        Assert.Equal(BuildWay.Emulated, Assert.Single(record.Components[0].Platforms).Way);
    }

    private Task<Workshop.Outcome> Build(params string[] arguments) =>
        workshop.Build(workshop.Context(Dockerfile, ("big", new string('x', 3000)), ("small", "abcd")),
            [.. TwoPlatforms, "-t", "app:1", .. arguments]);

    private BuildRecord Latest()
    {
        using var store = Store.Open(workshop.Root);
        return RecordJson.Read(store.Builds.TryRead(store.Builds.List()[0])!);
    }
}
