using System.Text.Json;
using Manifold.Projects;
using Manifold.Projects.Printing;
using Manifold.Projects.Reading;

namespace Manifold.Tests.Projects;

/// <summary>What <c>bake --print</c> prints reads back to the same project.</summary>
public sealed class PrintingProjects : IDisposable
{
    private readonly ProjectFolder folder = new ProjectFolder().With(".", "api", "base", "sub/deep");

    private const string Everything = """
        registry: quay.io/acme
        platforms: [linux/amd64, linux/arm64]
        tags: [latest, "1.4", "off"]
        push: true
        images:
          base: {context: base, alias: bottom, publish: false}
          api:
            context: api
            dockerfile: ../base/Dockerfile
            target: "yes"
            args: {DOLLAR: "a$$b $${c}", EMPTY: "", QUOTED: "it's \"so\": yes # no", LINES: "one\ntwo\n", SPACES: "  x ", NUMBER: "017", NULL: "null"}
            contexts: {b: "image:base", i: "docker-image://alpine:3", l: "oci-layout://out:v1", f: sub/deep}
            secrets: [id=a, "id=b,src=keys/b", "id=c,env=C"]
            ssh: [default, "k=agent"]
            cache: {from: "type=registry,ref=x/y", to: [type=inline]}
            no-cache: true
            pull: true
            labels: {"weird key: x": "$$", org.x: "ü ✓"}
            annotations: {plain: p, "index,manifest-descriptor[linux/arm64]:k": v}
            before: [make, {run: [go, build, ""], folder: sub, inputs: ["**/*.go", "!x"], outputs: [bin/], environment: {A: "$$1"}, per-platform: true}]
            verify: {mode: strict, run: ["--version", ""], timeout: 2.5, allow: [opt/**]}
            platform-tags: true
            network: none
            shm-size: 1.5m
            extra-hosts: {a.local: 10.0.0.7, "b": "::1"}
            ulimits: {nofile: {soft: 12, hard: 34}, core: 0}
            entitlements: [security.insecure]
            attest: [sbom, "type=provenance,mode=max"]
            output: [type=cacheonly, "type=oci,dest=out.tar,annotation.a=b", "type=image,push=true,name=quay.io/acme/other:1,annotation.a=b", "type=docker,name=x/y"]
            no-cache-filter: [deps]
            aliases: [one, two]
          mixed:
            aliases: []
            tags: []
            verify: off
            platforms:
              linux/amd64: {source: "image:quay.io/x/y:z"}
              linux/arm64: {dockerfile-inline: "FROM scratch\nCOPY $$x /\n", args: {ONLY: here}, optional: true}
              linux/arm/v7: {context: api, args: {ONLY: there}}
              linux/s390x: {source: "oci-layout:api:v1"}
              linux/ppc64le: {source: "docker-archive:api/Dockerfile"}
        groups: {default: [api], all: [base, api]}
        rollout: {deployment: api, namespace: prod}
        nodes: {pi: ssh://pi@raspberry.local, big: {address: "ssh://build@big:2222", jobs: 8, folder: "/srv/$$x"}}
        on: [pi, big]
        emulation: no
        """;

    /// <remarks>A manifold.yaml may not have a group that is called as an image is.</remarks>
    [Fact]
    public void a_target_that_is_called_default_comes_back()
    {
        var text = "{\"target\": {\"default\": {\"context\": \"api\", \"tags\": [\"example.com/app:1\"]}}}";
        var printed = PrintedProject.Write(folder.Read("docker-bake.json", text), [], "yaml", folder.Files.Path);
        Assert.Equal("default", Assert.Single(folder.Manifold(printed).Select([])).Name);
    }

    [Fact]
    public void everything_that_a_file_can_say_comes_back() => ComesBack(folder.Manifold(Everything));

    [Fact]
    public void a_matrix_comes_back_as_its_images() => ComesBack(folder.Manifold("""
        images:
          a: {matrix: {v: ["1", "2"], w: [x]}, args: {V: $v}}
          b: {inherits: t, verify: {run: []}}
        templates: {t: {target: s, platforms: {linux/arm64: {optional: true}}}}
        rollout: api
        """));

    [Fact]
    public void a_compose_file_comes_back_as_a_manifold_yaml() => ComesBack(folder.Compose("""
        services:
          web: {build: {context: api, tags: ["x/y:1"], args: {A: b}, additional_contexts: {d: "service:db"}}, platform: linux/arm64}
          db: {build: base, image: "x/db"}
        """));

    [Fact]
    public void a_bake_file_comes_back_with_its_outputs_and_attestations()
    {
        folder.Files.Write("docker-bake.hcl", """
            group "default" { targets = ["app"] }
            target "app" {
              contexts = { base = "target:base" }
              tags     = ["quay.io/acme/app:1"]
              output   = ["type=image,push=true,compression=zstd", "type=docker"]
              attest   = ["type=provenance,mode=max", "type=sbom,disabled=true"]
              platforms = ["linux/amd64", "linux/arm64"]
            }
            target "base" { output = ["type=cacheonly"] }
            target "other" {}
            """);
        var project = ProjectReader.Read(["docker-bake.hcl"], folder.Options);
        folder.Files.Write("printed.yaml", PrintedProject.Write(project, ["app"], "yaml", folder.Files.Path));

        var read = ProjectReader.Read("printed.yaml", folder.Options);

        Assert.Equal(["app", "base"], read.Components.Select(each => each.Name));
        Assert.Equal(Described(project.Find("app")!), Described(read.Find("app")!));
        Assert.Equal(["app"], read.Select([]).Select(each => each.Name));
        var again = Written("again.yaml", PrintedProject.Write(read, [], "yaml", folder.Files.Path));
        var readAgain = ProjectReader.Read("again.yaml", folder.Options with { WorkingFolder = again });
        Assert.Equal(Described(read), Described(readAgain));
    }

    [Fact]
    public void random_values_come_back()
    {
        var random = new Random(7);
        const string signs = "ab0 \n\t:#-?{}[],&*!|>'\"%@`$~=\\\u0085\u2028é\u0001x.";
        for (var round = 0; round < 100; round++)
        {
            string Text() => new([.. Enumerable.Range(0, random.Next(12)).Select(_ => signs[random.Next(signs.Length)])]);
            var project = folder.Manifold("images: {a: }");
            var image = project.Components[0];
            var build = (BuildSource)image.Platforms[0].Source;
            for (var i = 0; i < 5; i++)
                build = build with
                {
                    Arguments =
                        build.Arguments.SetItem("k" + Text(), Text()),
                    CacheFrom = build.CacheFrom.Add(Text()),
                    InlineDockerfile = Text(),
                };
            project = project with { Components = [image with { Platforms = [image.Platforms[0] with { Source = build }] }] };
            ComesBack(project);
        }
    }

    [Fact]
    public void what_is_common_is_said_once()
    {
        var yaml = ProjectPrinter.Yaml(folder.Manifold("""
            registry: quay.io/acme
            platforms: [linux/amd64, linux/arm64]
            images:
              api: {context: api, args: {V: "1"}, labels: {a: "$$b"}}
              base: {platforms: {linux/amd64: {source: "image:x"}, linux/arm64: {context: base, optional: true}}}
            """), folder.Files.Path);
        Assert.Equal("""
            images:
              api:
                context: api
                args:
                  V: "1"
                platforms: [linux/amd64, linux/arm64]
                tags: ['quay.io/acme/api:latest']
                labels:
                  a: "$$b"
              base:
                context: base
                platforms:
                  linux/amd64:
                    source: image:docker.io/library/x:latest
                  linux/arm64:
                    optional: true
                tags: ['quay.io/acme/base:latest']

            """, yaml);
    }

    [Fact]
    public void json_holds_the_same_with_values_as_they_are()
    {
        using var json = JsonDocument.Parse(ProjectPrinter.Json(folder.Manifold(Everything), folder.Files.Path));
        var api = json.RootElement.GetProperty("images").GetProperty("api");
        Assert.Equal("a$b ${c}", api.GetProperty("args").GetProperty("DOLLAR").GetString());
        Assert.True(api.GetProperty("no-cache").GetBoolean());
        Assert.Equal("linux/arm64", api.GetProperty("platforms")[1].GetString());
    }

    /// <summary>Prints, reads that in the same folder, and compares everything but where it stands.</summary>
    private void ComesBack(Project project)
    {
        var printed = ProjectPrinter.Yaml(project, folder.Files.Path);
        folder.Files.Write("printed.yaml", printed);
        var read = ProjectReader.Read("printed.yaml", folder.Options);
        Assert.Equal(Described(project), Described(read));
        Assert.Equal(printed, ProjectPrinter.Yaml(read, folder.Files.Path));
    }

    private string Written(string name, string text) => Path.GetDirectoryName(folder.Files.Write(name, text))!;

    private static string Described(Component component) => Described(new Project { File = "", Folder = "", Components = [component] });

    private static string Described(Project project) => JsonSerializer.Serialize(new
    {
        project.Folder,
        project.Push,
        project.Rollout,
        Default = project.Default.ToArray(),
        project.Groups,
        Nodes = project.Nodes.Nodes.ToArray(),
        On = project.Nodes.On?.Select(each => each.Text),
        project.Nodes.Emulation,
        Components = project.Components.Select(component => new
        {
            component.Name,
            Tags = component.Tags.Select(tag => tag.ToString()),
            Aliases = component.Aliases.ToArray(),
            component.Labels,
            Annotations = component.Annotations.Select(each => each.ToString()),
            component.Publish,
            component.PlatformTags,
            Outputs = component.Outputs.ToArray(),
            Attested = component.Attested.ToArray(),
            component.IsPushed,
            Mode = component.Verification.Policy.Mode.ToString(),
            Allow = component.Verification.Policy.Allow.ToArray(),
            Run = component.Verification.Run?.ToArray(),
            component.Verification.Timeout,
            Before = component.Before.Select(hook => new
            {
                Command = hook.Command.ToArray(),
                hook.Folder,
                Inputs = hook.Inputs
                .ToArray(),
                Outputs = hook.Outputs.ToArray(),
                hook.Environment,
                Platform = hook.Platform?.ToString()
            }),
            Platforms = component.Platforms.Select(
                platform => new { Platform = platform.Platform.ToString(), platform.Optional, Source = Described(platform.Source) }),
        }),
    });

    private static object Described(ComponentSource source) => source switch
    {
        ImageSource image => image.Location,
        BuildSource build => new
        {
            build.ContextFolder,
            build.DockerfilePath,
            build.InlineDockerfile,
            build.Target,
            build.Arguments,
            Contexts = build.Contexts
                .Select(context => $"{context.Key}: {context.Value}"),
            Secrets = build.Secrets.ToArray(),
            Ssh = build.Ssh
                .ToArray(),
            CacheFrom = build.CacheFrom.ToArray(),
            CacheTo = build.CacheTo.ToArray(),
            build.NoCache,
            build.Pull,
        },
        _ => throw new NotSupportedException(),
    };

    public void Dispose() => folder.Dispose();
}
