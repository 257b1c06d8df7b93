using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Reading;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Projects;

/// <summary>What a compose.yaml builds.</summary>
public sealed class ReadingComposeYaml : IDisposable
{
    private readonly ProjectFolder folder = new ProjectFolder().With(".", "web", "db", "other");

    public ReadingComposeYaml() => folder.Files.Write("web/Dockerfile.prod", "FROM scratch\nFROM scratch AS final\n");

    [Fact]
    public void platforms_are_those_of_the_build_or_of_the_service()
    {
        var project = folder.Compose("""
            services:
              a: {build: {context: ., platforms: [linux/arm64, linux/amd64]}, platform: linux/amd64}
              b: {build: ., platform: linux/arm/v7}
              c: {build: .}
            """);
        Assert.Equal(["linux/arm64,linux/amd64", "linux/arm/v7", "linux/amd64"],
            project.Components.Select(each => string.Join(',', each.Platforms.Select(platform => platform.Platform))));
        Assert.All(project.Components, component => Assert.Empty(component.Tags));
        Assert.All(project.Components, component => Assert.Empty(component.Aliases));
    }

    [Fact]
    public void pull_no_cache_and_ssh_of_a_build_are_heeded()
    {
        var build = (BuildSource)folder.Compose(
            "services: {a: {build: {context: ., pull: true, no_cache: true, ssh: [default, k=agent]}}}").Components[0].Platforms[0].Source;
        Assert.Equal((true, true), (build.Pull, build.NoCache));
        Assert.Equal(["default", $"k={folder.Files["agent"]}"], build.Ssh);
    }

    [Fact]
    public void services_may_share_a_tag_and_that_is_told()
    {
        var project = folder.Compose("services: {a: {build: ., image: x/y}, b: {build: web, image: x/y}}");
        Wording.Fits("compose.yaml:1:62: …'a' and 'b'…'docker.io/x/y:latest'", Assert.Single(project.Warnings));
    }

    [Fact]
    public void a_service_as_context_is_a_sibling_or_the_image_that_it_runs()
    {
        var build = (BuildSource)folder.Compose("""
            services:
              a: {build: {context: ., additional_contexts: {x: "service:b", y: "service:c"}}}
              b: {build: db}
              c: {image: redis:7}
            """).Find("a")!.Platforms[0].Source;
        Assert.Equal(new SiblingContext("b"), build.Contexts["x"]);
        Assert.Equal("docker.io/library/redis:7", Assert.IsType<ImageContext>(build.Contexts["y"]).Reference.ToString());
    }

    [Fact]
    public void the_environment_wins_over_the_file_beside_it()
    {
        folder.Environment["TAG"] = "env";
        folder.Files.Write(".env", "TAG=file\nQ='$TAG'\nR=\"a${TAG}\\n\"\nS=x#y\n");
        var project = folder.Compose("services: {a: {build: {context: ., args: {Q: $Q, R: $R, S: $S}}, image: \"x/y:${TAG}\"}}");
        Assert.Equal("docker.io/x/y:env", project.Components[0].Tags.Single().ToString());
        Assert.Equal("Q=$TAG R=aenv\n S=x#y", string.Join(' ',
            ((BuildSource)project.Components[0].Platforms[0].Source).Arguments.Select(pair => $"{pair.Key}={pair.Value}")));
    }

    [Fact]
    public void what_has_no_effect_is_warned_of_by_name()
    {
        var project = folder.Compose("""
            services:
              a:
                ports: [80]
                imge: x
                build: {context: ., isolation: hyperv, x-bake: {output: type=docker, tgas: [x]}}
            """);
        Wording.FitEach(
        [
            "compose.yaml:4:5: service 'a'…'imge'…Did you mean image?",
            "compose.yaml:5:25: …isolation…service 'a'…no effect",
            "compose.yaml:5:74: …tgas…x-bake of service 'a'…no effect. Did you mean tags?",
        ], project.Warnings);
    }

    [Fact]
    public void a_generator_of_package_lists_is_passed_over_and_told()
    {
        var project = folder.Compose("services:\n  a: {build: {context: ., sbom: \"generator=x\", provenance: mode=max}}\n");
        Assert.Equal((true, true), (project.Components[0].Sbom, project.Components[0].Provenance));
        Wording.Fits("compose.yaml:2:33: …'type=sbom,generator=x'…no effect: generator.", Assert.Single(project.Warnings));
    }

    [Theory]
    [InlineData("{build: {context: db, platforms: [linux/foo/bar/baz]}}")]
    [InlineData("{build: {context: db, x-bake: {platforms: linux/foo/bar/baz}}}")]
    [InlineData("{build: db, platform: linux/foo/bar/baz}")]
    public void what_is_no_platform_matters_where_its_service_is_asked_for(string db)
    {
        const string Message = "'linux/foo/bar/baz' is not a platform";
        var project = folder.Compose($"services:\n  web: {{build: web}}\n  db: {db}\n");
        Assert.Equal("web", Assert.Single(project.Select(["web"])).Name);
        Assert.Contains(Message, Assert.Single(project.Reservations(["web"])), StringComparison.Ordinal);
        Assert.Contains(Message, Assert.Throws<ProjectFileException>(() => project.Select(["db"], toPrint: true)).Message,
            StringComparison.Ordinal);
    }

    /// <remarks>Else it would be built for this machine.</remarks>
    [Fact]
    public void what_is_no_platform_is_none_beside_a_bake_file_either()
    {
        folder.Files.Write("compose.yaml", "services:\n  db: {build: {context: db, platforms: [linux/foo/bar/baz]}}\n");
        folder.Files.Write("docker-bake.hcl", "target \"web\" { context = \"web\" }\n");
        var project = ProjectReader.Read(["compose.yaml", "docker-bake.hcl"], folder.Options);
        Assert.Single(project.Select(["web"]));
        Assert.Contains("'linux/foo/bar/baz'", Assert.Throws<ProjectFileException>(() => project.Select(["db"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void every_fault_is_told_at_once_with_its_place() => Wording.FitEach(
        [
            $"3:24 …'nowhere' of image 'a'… | …'{folder.Files["nowhere"]}'",
            "4:15 build of service 'b'…'dockerfil'… | Did you mean dockerfile?",
            "4:39 …secret 'tok'… | Did you mean toc?",
            "4:66 'a/b/c/d'… | Expected os/architecture[/variant]",
            "5:37 …'aa'… | Did you mean a?",
            "6:36 …extends…d → d",
            $"7:23 …'x.yaml'… | …'{folder.Files["x.yaml"]}'.",
            $"8:11 …'x'… | …'{folder.Files["x"]}'.",
            "10:1 …'servces'… | Did you mean services?",
        ], folder.Faults("""
            secrets: {toc: {file: x}}
            services:
              a: {build: {context: nowhere}}
              b: {build: {dockerfil: x, secrets: [tok], x-bake: {platforms: [a/b/c/d]}}}
              c: {build: {additional_contexts: {x: "service:aa"}}}
              d: {build: ., extends: {service: d}}
              e: {extends: {file: x.yaml, service: x}, build: .}
            include: [x]

            servces: {}
            """, "compose.yaml"));

    [Theory]
    [InlineData("services: {a: {image: x}}", "1:1 no service…build")]
    [InlineData("services: {a: {build: {dockerfile: Dockerfile, dockerfile_inline: x}}}",
        "1:67 build of service 'a'…dockerfile…dockerfile_inline")]
    [InlineData("services: {a: {build: {secrets: [s]}}}\nsecrets: {s: {external: true}}", "2:14 …secret 's'…file…environment")]
    public void a_wrong_one_is_told_with_its_place(string yaml, string start) =>
        Wording.Fits(start, folder.Faults(yaml, "compose.yaml")[0]);

    public void Dispose() => folder.Dispose();
}
