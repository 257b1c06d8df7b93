using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Verification;

namespace Manifold.Tests.Projects;

/// <summary>What a manifold.yaml comes to.</summary>
public sealed class ReadingManifoldYaml : IDisposable
{
    private readonly ProjectFolder folder = new();

    [Fact]
    public void the_file_of_the_design_is_read_as_it_says()
    {
        folder.With("base", "services/api", "proxy").Files.Write("proxy/Dockerfile.arm64", "FROM scratch\n");
        var project = folder.Manifold("""
            registry: quay.io/acme                       # DEST_REGISTRY overrides
            platforms: [linux/amd64, linux/arm64]        # ARCHITECTURES overrides
            tags: ["${VERSION:-dev}", latest]
            images:
              base: {context: base}
              api:
                context: services/api
                contexts: {base: "image:base"}           # or simply FROM quay.io/acme/base, which is recognised
                args: {VERSION: "${VERSION:-dev}"}
                labels: {org.opencontainers.image.title: api}
                before: {run: make bin, inputs: [cmd/**, go.sum], outputs: [bin/**]}
                verify: {run: ["--version"]}             # off | warn | strict | {...}
              proxy:
                platforms:
                  linux/amd64: {source: "image:quay.io/openshift/origin-oauth-proxy:latest"}
                  linux/arm64: {context: proxy, dockerfile: Dockerfile.arm64}
                  linux/riscv64: {context: proxy, optional: true}
                platform-tags: true                      # also latest-amd64, latest-arm64
            rollout: {deployment: api, namespace: prod}
            """);

        Assert.Equal(["base", "api", "proxy"], project.Components.Select(each => each.Name));
        var api = project.Find("api")!;
        Assert.Equal(["quay.io/acme/api:dev", "quay.io/acme/api:latest"], api.Tags.Select(tag => tag.ToString()));
        Assert.Equal(["linux/amd64", "linux/arm64"], api.Platforms.Select(each => each.Platform.ToString()));
        var build = Assert.IsType<BuildSource>(api.Platforms[0].Source);
        Assert.Equal(folder.Files["services/api"], build.ContextFolder);
        Assert.Equal("dev", build.Arguments["VERSION"]);
        Assert.Equal(new SiblingContext("base"), build.Contexts["base"]);
        Assert.Equal(["--version"], api.Verification.Run!.Value);
        var hook = Assert.Single(api.Before);
        Assert.Equal(["sh", "-c", "make bin"], hook.Command);
        Assert.Equal(folder.Files["services/api"], hook.Folder);
        var proxy = project.Find("proxy")!;
        Assert.Equal("quay.io/openshift/origin-oauth-proxy:latest", Assert.IsType<ImageSource>(proxy.Platforms[0].Source).Location);
        Assert.Equal("proxy/Dockerfile.arm64", Assert.IsType<BuildSource>(proxy.Platforms[1].Source).DockerfilePath);
        Assert.Equal([false, false, true], proxy.Platforms.Select(each => each.Optional));
        Assert.True(proxy.PlatformTags);
        Assert.Equal(new Rollout("api", "prod"), project.Rollout);
    }

    [Fact]
    public void the_environment_overrides_registry_and_platforms()
    {
        folder.With(".");
        folder.Environment["DEST_REGISTRY"] = "localhost:5000/me";
        folder.Environment["ARCHITECTURES"] = "arm64, arm ppc64le";
        var project = folder.Manifold("""
            registry: quay.io/acme
            platforms: [linux/amd64]
            images:
              all: {}
              some:
                platforms:
                  linux/amd64:
                  linux/arm/v7: {optional: true}
            """);
        Assert.Equal(["localhost:5000/me/all:latest"], project.Find("all")!.Tags.Select(tag => tag.ToString()));
        Assert.Equal(["linux/arm64", "linux/arm/v7", "linux/ppc64le"], Platforms(project, "all"));
        Assert.Equal(["linux/arm/v7"], Platforms(project, "some"));
        Assert.True(project.Find("some")!.Platforms[0].Optional);
    }

    [Fact]
    public void an_image_for_none_of_the_wanted_architectures_is_a_fault()
    {
        folder.Environment["ARCHITECTURES"] = "riscv64";
        Wording.Fits("3:16 ARCHITECTURES (linux/riscv64)…'a': linux/amd64, linux/arm64", Assert.Single(folder.With(".").Faults("""
            images:
              a:
                platforms: [amd64, arm64]
            """)));
    }

    [Fact]
    public void a_file_without_registry_and_platforms_is_for_this_machine_and_docker_io()
    {
        var image = folder.With(".").Manifold("images: {tool: }").Components.Single();
        Assert.Equal("docker.io/library/tool:latest", Assert.Single(image.Tags).ToString());
        Assert.Equal("linux/amd64", Assert.Single(image.Platforms).Platform.ToString());
    }

    [Fact]
    public void full_references_are_kept_as_tags_and_no_tag_may_be_said()
    {
        folder.With(".");
        var project = folder.Manifold("""
            registry: quay.io/acme
            images:
              a: {tags: ["1.4", ghcr.io/other/name:x, "localhost:5000/a"]}
              b: {tags: []}
            """);
        Assert.Equal(["quay.io/acme/a:1.4", "ghcr.io/other/name:x", "localhost:5000/a:latest"],
            project.Find("a")!.Tags.Select(tag => tag.ToString()));
        Assert.Empty(project.Find("b")!.Tags);
    }

    [Fact]
    public void the_nearer_level_wins_and_named_values_are_joined()
    {
        folder.With("a", "t");
        var project = folder.Manifold("""
            args: {FROM_FILE: f, SHARED: file}
            labels: [from=file]
            templates:
              slim: {target: slim, args: {SHARED: slim, SLIM: "1"}, platforms: [linux/arm64]}
              loud: {inherits: slim, args: [LOUD=yes], pull: true}
            images:
              a: {inherits: loud, context: a, args: {SHARED: own}, no-cache: true}
              b: {inherits: a, target: other}
              c: {context: t, labels: {from: c}}
            """);
        var a = Build(project, "a");
        Assert.Equal("FROM_FILE=f LOUD=yes SHARED=own SLIM=1", string.Join(' ', a.Arguments.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.Equal(("slim", true, true), (a.Target, a.Pull, a.NoCache));
        Assert.Equal(["linux/arm64"], Platforms(project, "a"));
        Assert.Equal((a.ContextFolder, "other"), (Build(project, "b").ContextFolder, Build(project, "b").Target));
        Assert.Equal("c", project.Find("c")!.Labels["from"]);
        Assert.Null(Build(project, "c").Target);
    }

    [Fact]
    public void a_matrix_makes_an_image_of_each_combination_and_a_group_of_all()
    {
        folder.With(".");
        var project = folder.Manifold("""
            tags: ["${flavour:-plain}"]
            images:
              app:
                name: app-${flavour}-${go}
                matrix: {flavour: [alpine, debian], go: ["1.22", "1.23"]}
                args: {BASE: "golang:${go}-${flavour}"}
              tool:
                matrix: {os: [a, b/c]}
              one: {}
            groups:
              default: [app, one]
            """);
        Assert.Equal(["app-alpine-1.22", "app-alpine-1.23", "app-debian-1.22", "app-debian-1.23", "tool-a", "tool-b-c", "one"],
            project.Components.Select(each => each.Name));
        Assert.Equal("golang:1.23-debian", Build(project, "app-debian-1.23").Arguments["BASE"]);
        Assert.Equal("docker.io/library/app-debian-1.23:debian", project.Find("app-debian-1.23")!.Tags.Single().ToString());
        Assert.Equal(["tool-a", "tool-b-c"], project.Groups["tool"]);
        Assert.Equal([.. project.Groups["app"], "one"], project.Default);
    }

    [Fact]
    public void a_bare_argument_takes_the_environment()
    {
        folder.With(".");
        folder.Environment["TOKEN_URL"] = "u";
        var project =
            folder.Manifold("images: {a: {args: [TOKEN_URL, NOT_THERE, X=1]}, b: {args: {TOKEN_URL: , NOT_THERE: null, EMPTY: ''}}}");
        Assert.Equal("TOKEN_URL=u X=1", string.Join(' ', Build(project, "a").Arguments.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.Equal("EMPTY= TOKEN_URL=u", string.Join(' ', Build(project, "b").Arguments.Select(pair => $"{pair.Key}={pair.Value}")));
    }

    [Fact]
    public void annotations_go_where_they_say()
    {
        folder.With(".");
        var project = folder.Manifold("""
            images:
              a:
                annotations:
                  plain: p
                  index,manifest:both: b
                  "manifest[linux/amd64]:one": o
                  index: {inner: i}
              b: {annotations: ["index-descriptor:x=y"]}
            """);
        Assert.Equal(
            [
                new(AnnotationPlace.Manifest, null, "plain", "p"),
                new(AnnotationPlace.Index, null, "both", "b"), new(AnnotationPlace.Manifest, null, "both", "b"),
                new(AnnotationPlace.Manifest, Platform.Parse("linux/amd64"), "one", "o"),
                new Annotation(AnnotationPlace.Index, null, "inner", "i"),
            ], project.Find("a")!.Annotations);
        Assert.Equal([new Annotation(AnnotationPlace.IndexDescriptor, null, "x", "y")], project.Find("b")!.Annotations);
    }

    [Fact]
    public void secrets_sockets_and_caches_are_as_the_command_line_has_them()
    {
        folder.With(".");
        var build = Build(folder.Manifold("""
            images:
              a:
                secrets: [npm, "id=a,src=keys/a", {id: b, env: B}]
                ssh: [default, git=sockets/agent]
                cache: {from: ["type=registry,ref=r/c", {type: local, src: c}], to: type=inline}
            """), "a");
        Assert.Equal(["id=npm", $"id=a,src={folder.Files["keys/a"]}", "id=b,env=B"], build.Secrets);
        Assert.Equal(["default", $"git={folder.Files["sockets/agent"]}"], build.Ssh);
        Assert.Equal(["type=registry,ref=r/c", "type=local,src=c"], build.CacheFrom);
        Assert.Equal(["type=inline"], build.CacheTo);
        Assert.Equal(["id=x,env=TOKEN", $"id=y,src={folder.Files["f"]}", "id=z"],
            Build(folder.Manifold("images: {a: {secrets: {x: {env: TOKEN}, y: f, z: }}}"), "a").Secrets);
    }

    [Fact]
    public void contexts_name_siblings_images_layouts_and_folders()
    {
        folder.With(".", "shared");
        var digest = "sha256:" + new string('a', 64);
        var build = Build(folder.Manifold($$"""
            images:
              base: {}
              a: {contexts: {s: "image:base", i: "docker-image://alpine:3", l: "oci-layout://out:v1@{{digest}}", f: shared} }
            """), "a");
        Assert.Equal(new SiblingContext("base"), build.Contexts["s"]);
        Assert.Equal(new ImageContext(ImageReference.Parse("alpine:3")), build.Contexts["i"]);
        Assert.Equal(new LayoutContext(folder.Files["out"], "v1", Digest.Parse(digest)), build.Contexts["l"]);
        Assert.Equal(new FolderContext(folder.Files["shared"]), build.Contexts["f"]);
    }

    [Fact]
    public void sources_are_images_layouts_and_archives()
    {
        folder.With("layout").Files.Write("a.tar", "");
        var project = folder.Manifold("""
            images:
              a:
                platforms:
                  amd64: {source: "image:alpine:3"}
                  arm64: {source: "oci-layout:layout:v1"}
                  arm: {source: "oci-archive:a.tar"}
                  s390x: {source: "docker-archive:a.tar:alpine:3"}
                  ppc64le: {source: "oci:layout"}
              b: {source: "image:alpine:3"}
            """);
        Assert.Equal(
            ["docker.io/library/alpine:3", $"oci:{folder.Files["layout"]}:v1", $"oci-archive:{folder.Files["a.tar"]}",
                $"docker-archive:{folder.Files["a.tar"]}:alpine:3", $"oci:{folder.Files["layout"]}"],
            project.Find("a")!.Platforms.Select(each => Assert.IsType<ImageSource>(each.Source).Location));
        Assert.IsType<ImageSource>(project.Find("b")!.Platforms.Single().Source);
    }

    [Fact]
    public void hooks_run_in_the_context_once_or_for_each_platform()
    {
        folder.With("app");
        folder.Environment["GOFLAGS"] = "-x";
        var project = folder.Manifold("""
            platforms: [linux/amd64, linux/arm/v7]
            images:
              a: {context: app, before: [make all, {run: [go, build], folder: ., environment: {CGO_ENABLED: "0", GOFLAGS: }, per-platform: true}]}
              b: {platforms: {linux/arm64: {context: app, before: make b}}}
            """);
        var hooks = project.Find("a")!.Before;
        Assert.Equal(3, hooks.Length);
        Assert.Equal((folder.Files["app"], (Platform?)null), (hooks[0].Folder, hooks[0].Platform));
        Assert.Equal("CGO_ENABLED=0 GOFLAGS=-x TARGETARCH=arm TARGETOS=linux TARGETPLATFORM=linux/arm/v7 TARGETVARIANT=v7",
            string.Join(' ', hooks[2].Environment.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.Equal((folder.Files.Path, Platform.Parse("arm")), (hooks[2].Folder, hooks[2].Platform));
        Assert.Equal(Platform.Parse("arm64"), project.Find("b")!.Before.Single().Platform);
    }

    [Fact]
    public void what_a_hook_makes_need_not_be_there_yet() =>
        Assert.Single(folder.Manifold("images: {a: {context: later, dockerfile: Dockerfile.x, before: ./fetch}}").Components);

    [Theory]
    [InlineData("off", GateMode.Off)]
    [InlineData("no", GateMode.Off)]
    [InlineData("warn", GateMode.Warn)]
    [InlineData("on", GateMode.On)]
    [InlineData("strict", GateMode.Strict)]
    [InlineData("{mode: strict}", GateMode.Strict)]
    public void verification_is_as_strict_as_it_says(string verify, GateMode mode) =>
        Assert.Equal(mode, folder.With(".").Manifold($"images: {{a: {{verify: {verify}}}}}").Components.Single().Verification.Policy.Mode);

    [Fact]
    public void verification_may_start_the_image()
    {
        var verification = folder.With(".")
            .Manifold("images: {a: {verify: {run: --version --short, timeout: 1m30s, allow: [opt/**]}}}").Components.Single().Verification;
        Assert.Equal(["--version", "--short"], verification.Run!.Value);
        Assert.Equal(TimeSpan.FromSeconds(90), verification.Timeout);
        Assert.Equal(["opt/**"], verification.Policy.Allow);
    }

    [Fact]
    public void anchors_aliases_and_merge_keys_are_followed_and_extension_fields_are_free()
    {
        folder.With(".");
        var project = folder.Manifold("""
            # yaml-language-server: $schema=manifold-yaml.schema.json
            x-common: &common
              labels: &labels {a: "1", b: "2"}
              pull: true
            x-anything: [$not, '${a variable']
            images:
              a:
                <<: *common
                labels: {<<: *labels, b: own}
              b: {<<: [{target: first}, {target: second, no-cache: true}], x-note: free}
            """);
        Assert.Equal("a=1 b=own", string.Join(' ', project.Find("a")!.Labels.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.True(Build(project, "a").Pull);
        Assert.Equal(("first", true), (Build(project, "b").Target, Build(project, "b").NoCache));
    }

    [Fact]
    public void groups_may_hold_groups()
    {
        folder.With(".");
        var project = folder.Manifold("""
            images: {a: , b: , c: }
            groups: {all: [c, some], some: [a, b, a], default: some}
            """);
        Assert.Equal(["c", "a", "b"], project.Groups["all"]);
        Assert.Equal(["a", "b"], project.Default);
        Assert.Equal(["a", "b"], project.Select([]).Select(each => each.Name));
    }

    [Fact]
    public void an_image_is_its_own_alias_and_may_have_others_or_none()
    {
        folder.With(".");
        var project = folder.Manifold("images: {a: , b: {alias: base, aliases: [x, y]}, c: {aliases: []}}");
        Assert.Equal(["a"], project.Find("a")!.Aliases);
        Assert.Equal(["b", "base", "x", "y"], project.Find("b")!.Aliases);
        Assert.Empty(project.Find("c")!.Aliases);
    }

    [Fact]
    public void paths_are_shown_from_the_working_folder()
    {
        folder.With("sub/app").Files.Write("sub/app/Dockerfile.x", "FROM scratch\n");
        var project = folder.Read("sub/manifold.yaml", "images: {a: {context: app, dockerfile: Dockerfile.x}}");
        Assert.Equal(("sub/manifold.yaml", folder.Files["sub"]), (project.File, project.Folder));
        Assert.Equal("sub/app/Dockerfile.x", Build(project, "a").DockerfilePath);
        Assert.Equal("sub/manifold.yaml:1:10", project.Components[0].Place.ToString());
    }

    private static BuildSource Build(Project project, string image) => Assert.IsType<BuildSource>(project.Find(image)!.Platforms[0].Source);

    private static IEnumerable<string> Platforms(Project project, string image) =>
        project.Find(image)!.Platforms.Select(each => each.Platform.ToString());

    public void Dispose() => folder.Dispose();
}
