using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Projects;
using Manifold.Projects.Bake;
using Manifold.Projects.Reading;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Projects.Bake;

/// <summary>What is wrong with a target matters to who asks for it.</summary>
public sealed class JudgingWhatIsAsked : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string> Faults => new()
    {
        { "call = \"outline\"", "call 'outline'" },
        { "platforms = [\"pink elephant\"]", "'pink elephant' is not a platform" },
        { "tags = [\"/x:1\"]", "the tag '/x:1'" },
        { "inherits = [\"gone\"]", "target 'bad' inherits from 'gone'" },
        { "contexts = { x = \"target:gone\" }", "target 'gone', which does not exist" },
        { "context = \"-\"", "the context '-'" },
        { "output = [\"type=image,push-by-digest=true,push=true\"]", "a project is published" },
        { "annotations = [\"nothing\"]", "nothing" },
        { "shm-size = \"big\"", "'big' is not a size" },
        { "attest = [\"type=pink\"]", "type 'pink'" },
        { "attest = [\"type=provenance,mode=small\"]", "mode=small: expected min or max" },
    };

    [Theory, MemberData(nameof(Faults))]
    public void a_fault_of_a_target_that_nobody_asked_for_is_told_and_stops_nothing(string key, string message)
    {
        var project = Read($"target \"good\" {{}}\ntarget \"bad\" {{\n {key}\n}}\ntarget \"heir\" {{ inherits = [\"bad\"] }}");

        Assert.Equal("good", Assert.Single(project.Select(["good"])).Name);
        Assert.Contains(project.Reservations(["good"]), told => told.StartsWith("'bad' cannot be built", StringComparison.Ordinal)
            && told.Contains(message, StringComparison.Ordinal));
        Assert.Contains(message, Assert.Throws<ProjectFileException>(() => project.Select(["bad"])).Message, StringComparison.Ordinal);
        Assert.Throws<ProjectFileException>(() => project.Select(["heir"]));
    }

    [Fact]
    public void what_is_only_to_be_checked_is_checked()
    {
        var project = Read("target \"app\" {}\ntarget \"check\" {\n inherits = [\"app\"]\n call = \"check\"\n}");
        Assert.True(project.IsChecked(["check"]));
        Assert.False(project.IsChecked(["app", "check"]));
        Assert.Equal("check", Assert.Single(project.Unbuilt.Select(["check"])).Name);
        Assert.Throws<ProjectFileException>(() => project.Select(["app", "check"]));
    }

    /// <remarks>A target for the checks stands in most bake files, and is no news to whoever builds another.</remarks>
    [Fact]
    public void what_is_only_to_be_checked_is_not_told_of_to_who_builds_another()
    {
        var project = Read("target \"app\" {}\ntarget \"lint\" {\n inherits = [\"app\"]\n call = \"check\"\n}");
        Assert.Empty(project.Reservations(["app"]));
    }

    /// <remarks>buildx links such a target before it prints anything, and cannot build it.</remarks>
    [Fact]
    public void what_others_stand_on_is_asked_for_with_them()
    {
        var project = Read("target \"bad\" { platforms = [\"nope/!\"] }\n"
            + "target \"app\" { contexts = { bad = \"target:bad\" } }\ntarget \"alone\" {}");
        Assert.Empty(project.Reservations(["app"]));
        Assert.Single(project.Reservations(["alone"]));
        foreach (var print in new Action[]
        {
            () => BakeJson.Write(project, ["app"], folder.Path),
            () => Manifold.Projects.Printing.PrintedProject.Write(project, ["app"], "yaml", folder.Path),
        })
            Assert.Contains("'nope/!' is not a platform", Assert.Throws<ProjectFileException>(print).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_member_that_is_nothing_does_not_keep_others_from_being_judged()
    {
        var project = Read("group \"default\" { targets = [\"app\", \"gone\"] }\ntarget \"app\" {}");
        Assert.False(project.IsChecked([]));
    }

    [Fact]
    public void a_member_that_a_group_names_and_nobody_has_matters_where_the_group_is_asked_for()
    {
        var project =
            Read("group \"default\" { targets = [\"good\"] }\ngroup \"all\" { targets = [\"good\", \"goof\"] }\ntarget \"good\" {}");

        Assert.Single(project.Select([]));
        Assert.Contains("group 'all' contains 'goof'", Assert.Throws<ProjectFileException>(() => project.Select(["all"])).Message,
            StringComparison.Ordinal);
        Assert.Single(project.Reservations([]));
    }

    /// <remarks>buildx prints such a target, and its build fails.</remarks>
    [Fact]
    public void what_is_understood_and_cannot_be_built_is_printed()
    {
        var project = Read("target \"default\" {\n tags = [\"/x:1\", \"\"]\n}");
        Assert.Equal("/x:1",
            (string?)Assert.Single(JsonNode.Parse(BakeJson.Write(project, folder.Path))!["target"]!["default"]!["tags"]!.AsArray()));
        Assert.Throws<ProjectFileException>(() => project.Select([]));
    }

    [Fact]
    public void keys_that_bake_passes_over_are_told()
    {
        Assert.Contains("the key 'resources' has no effect", Assert.Single(Read("target \"default\" {\n resources = { cpu-quota = \"1\" "
            + "}\n}").Warnings), StringComparison.Ordinal);
        Assert.Contains("the key 'depends-on' is unknown",
            Assert.Single(Read("target \"default\" {\n depends-on = [\"x\"]\n}").Warnings), StringComparison.Ordinal);
        Wording.Fits(
            "docker-bake.hcl:2:2: …'dockerfil'…no effect. Did you mean dockerfile?",
            Assert.Single(Read("target \"default\" {\n dockerfil = \"x\"\n}").Warnings));
    }

    [Fact]
    public void generators_of_package_lists_are_passed_over_and_told()
    {
        var project = Read("target \"default\" {\n attest = [{ type = \"sbom\", generator = \"docker/scout-sbom-indexer\", "
            + "EXTRA = \"1\" }, \"type=provenance,mode=max\"]\n}");
        Assert.Equal((true, true), (project.Components[0].Sbom, project.Components[0].Provenance));
        Assert.Contains("no effect: EXTRA, generator.", Assert.Single(project.Warnings), StringComparison.Ordinal);
        Assert.Contains("type=provenance,mode=max", BakeJson.Write(project, folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void outputs_and_caches_of_other_builders_are_read()
    {
        var project = Read("target \"default\" {\n output = [\"type=docker,name=example.com/x:1\", "
            + "\"type=image,name=example.com/x:1,oci-artifact=true\"]\n cache-from = [\"acme/a:cache,acme/b:cache\"]\n}");
        Assert.Equal("example.com/x:1", Assert.Single(project.Select([])[0].Tags).ToString());
        Assert.Equal(["acme/a:cache", "acme/b:cache"], ((BuildSource)project.Components[0].Platforms[0].Source).CacheFrom);
    }

    /// <remarks>buildx: "failed to find target default".</remarks>
    [Fact]
    public void without_a_default_names_are_needed()
    {
        var project = Read("group \"g\" { targets = [\"a\"] }\ntarget \"a\" {}");
        var fault = Assert.Single(Assert.Throws<ProjectFileException>(() => project.Select([])).Diagnostics);
        Assert.Contains("'default'", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith(": g, a.", fault.Hint, StringComparison.Ordinal);
        Assert.Single(project.Select(["g"]));
        Assert.Empty(project.Reservations(["g"]));
    }

    [Fact]
    public void names_may_be_patterns() => Assert.Equal(["app-a", "app-b"],
        Read("target \"app-a\" {}\ntarget \"app-b\" {}\ntarget \"web\" {}").Select(["app-*"]).Select(each => each.Name));

    [Fact]
    public void a_service_whose_folder_is_not_checked_out_matters_where_it_is_asked_for()
    {
        folder.Write("web/Dockerfile", "FROM scratch\n");
        folder.Write("compose.yaml", "services:\n  web.v1: {build: web, image: example.com/web}\n  sub: {build: ./submodule}\n");
        var project =
            ProjectReader.Read([], new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty) { WorkingFolder = folder.Path });

        Assert.Equal("web.v1", Assert.Single(project.Select(["web_v1"])).Name);
        Assert.Contains("the context './submodule' of image 'sub' is not a folder",
            Assert.Throws<ProjectFileException>(() => project.Select([])).Message, StringComparison.Ordinal);
    }

    private Project Read(string text)
    {
        folder.Write("docker-bake.hcl", text);
        return BakeReader.Read("docker-bake.hcl",
            new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty) { WorkingFolder = folder.Path });
    }
}
