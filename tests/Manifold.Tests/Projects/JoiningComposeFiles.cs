using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Reading;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Projects;

/// <summary>A compose file that includes others, and services that extend those of other files.</summary>
/// <remarks>What comes out is what compose-go 2.14 makes of the same files.</remarks>
public sealed class JoiningComposeFiles : IDisposable
{
    private readonly ProjectFolder folder = new ProjectFolder().With(".", "a", "a/b", "c");

    [Fact]
    public void an_extended_file_brings_its_own_paths_and_what_it_extends_itself()
    {
        folder.Files.Write("a/base.yaml", "services:\n  base:\n    extends: {file: b/root.yaml, service: root}\n"
            + "    build: {additional_contexts: {here: .}, args: {A: base}}\n");
        folder.Files.Write("a/b/root.yaml",
            "services:\n  root:\n    image: acme/root\n    build: {context: ., args: {A: root, B: root}}\n");
        var project = folder.Compose("services:\n  web:\n    extends: {file: a/base.yaml, service: base}\n    build: {args: [B=web]}\n");
        var build = Build(project, "web");
        Assert.Equal(folder.Files["a/b"], build.ContextFolder);
        Assert.Equal(folder.Files["a"], Assert.IsType<FolderContext>(build.Contexts["here"]).Folder);
        Assert.Equal("A=base B=web", Arguments(build));
        Assert.Equal("docker.io/acme/root:latest", project.Components[0].Tags.Single().ToString());
    }

    [Fact]
    public void a_build_without_a_context_is_in_the_folder_of_the_file_that_extends()
    {
        folder.Files.Write("a/base.yaml", "services:\n  base: {build: {target: t}}\n");
        Assert.Equal(folder.Files.Path,
            Build(folder.Compose("services: {web: {extends: {file: a/base.yaml, service: base}}}"), "web").ContextFolder);
    }

    [Fact]
    public void an_included_file_is_a_project_with_its_own_folder_and_variables()
    {
        folder.Environment["OUTER"] = "environment";
        folder.Files.Write(".env", "BOTH=outer\n");
        folder.Files.Write("a/.env", "BOTH=inner\nINNER=inner\nOUTER=hidden\n");
        folder.Files.Write("a/compose.yaml",
            "include: [b/compose.yaml]\nservices:\n  inner: {build: {context: ., args: {A: $OUTER, B: $BOTH, C: $INNER}}}\n");
        folder.Files.Write("a/b/compose.yaml", "services:\n  deep: {build: ., image: 'x/deep:$INNER'}\n");
        var project = folder.Compose("include:\n  - a/compose.yaml\nservices:\n  outer: {build: "
            + "{context: c, args: {C: $INNER}, additional_contexts: {x: 'service:deep'}}}\n");
        Assert.Equal(["deep", "inner", "outer"], project.Components.Select(each => each.Name).Order());
        Assert.Equal("A=environment B=outer C=inner", Arguments(Build(project, "inner")));
        Assert.Equal("C=", Arguments(Build(project, "outer")));
        Assert.Equal(folder.Files["a/b"], Build(project, "deep").ContextFolder);
        Assert.Equal("docker.io/x/deep:inner", project.Find("deep")!.Tags.Single().ToString());
        Assert.Equal(new SiblingContext("deep"), Build(project, "outer").Contexts["x"]);
    }

    [Fact]
    public void an_include_may_say_its_folder_its_variables_and_files_over_the_first()
    {
        folder.Files.Write("own.env", "V=own\n");
        folder.Files.Write("a/one.yaml", "services:\n  s: {build: {context: ., args: {V: $V, W: one}}}\n");
        folder.Files.Write("a/two.yaml", "services:\n  s: {build: {args: {W: two}}}\n");
        var project = folder.Compose("include:\n  - path: [a/one.yaml, a/two.yaml]\n    project_directory: c\n"
            + "    env_file: own.env\nservices:\n  s: {build: {args: {X: mine}}}\n");
        Assert.Equal("V=own W=two X=mine", Arguments(Build(project, "s")));
        Assert.Equal(folder.Files["c"], Build(project, "s").ContextFolder);
    }

    [Fact]
    public void reset_removes_and_override_replaces_what_they_stand_over()
    {
        folder.Files.Write("a/base.yaml", "services:\n  base:\n    image: x/base\n    build: "
            + "{context: ., target: t, args: {A: base, B: base}, labels: {l: base}, tags: [x/one]}\n");
        var project = folder.Compose("services:\n  web:\n    extends: {file: a/base.yaml, service: base}\n"
            + "    image: !reset\n    build: {target: !reset null, args: !override {C: web}, labels: {l: !reset null}, tags: [x/two]}\n");
        var build = Build(project, "web");
        Assert.Null(build.Target);
        Assert.Equal("C=web", Arguments(build));
        Assert.Empty(project.Components[0].Labels);
        Assert.Equal(["docker.io/x/one:latest", "docker.io/x/two:latest"], project.Components[0].Tags.Select(tag => tag.ToString()));
    }

    [Fact]
    public void documents_of_one_file_are_joined()
    {
        var project =
            folder.Compose("services:\n  web: {build: {context: a, args: {A: one}}}\n---\nservices:\n  web: {build: {args: {B: two}}}\n");
        Assert.Equal("A=one B=two", Arguments(Build(project, "web")));
    }

    [Fact]
    public void what_is_wrong_in_another_file_is_told_with_its_place_there()
    {
        folder.Files.Write("a/base.yaml", "services:\n  base:\n    build: {contxt: .}\n");
        folder.Files.Write("a/circle.yaml", "include: [../compose.yaml]\n");
        folder.Files.Write("compose.yaml", "include: [a/circle.yaml, 'https://example.com/c.yaml']\n"
            + "services:\n  web: {extends: {file: a/base.yaml, service: bas}}\n  api: {extends: {file: a/base.yaml, service: base}}\n");
        var faults = Assert.Throws<ProjectFileException>(() => ProjectReader.Read(["compose.yaml"], folder.Options)).Diagnostics;
        Wording.FitEach(
        [
            "a/base.yaml:3:13 build of service 'api'…'contxt'",
            "a/circle.yaml:1:11 …include…compose.yaml → a/circle.yaml → compose.yaml.",
            "compose.yaml:1:26 'https://example.com/c.yaml'",
            "compose.yaml:3:3 service 'web'…image…build",
            "compose.yaml:3:47 …'bas' in 'a/base.yaml'",
        ], faults.Select(each => $"{each.Place} {each.Message}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("env_file: missing.env", false)]
    [InlineData("env_file: [{path: missing.env, required: true}]", false)]
    [InlineData("env_file: [{path: missing.env, required: false}]", true)]
    public void a_file_of_variables_must_be_there_unless_the_file_says_otherwise(string line, bool isRead)
    {
        var yaml = $"services:\n  web: {{build: a}}\n  db:\n    image: x\n    {line}\n";
        if (isRead)
            Assert.Single(folder.Compose(yaml).Components);
        else
            Assert.Contains("'missing.env'", folder.Faults(yaml, "compose.yaml").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("services: {a: {build: {context: a, target: 1}}}", "1:44 target of service 'a' is '1'")]
    [InlineData("services: {a: {image: 5, build: a}}", "1:23 image of service 'a' is '5'")]
    [InlineData("services: {a: {build: {context: a, args: [5]}}}", "1:43 …args of service 'a' is '5'")]
    [InlineData("services: {a: {build: {context: a, tags: [1.0]}}}", "1:43 …tags of service 'a' is '1.0'")]
    [InlineData("services: {a: {build: {context: a, args: {1: x}}}}", "1:43 …key '1'…string")]
    [InlineData("services: {a: {build: {context: a, args: {null: x}}}}", "1:43 …key 'null'…string")]
    [InlineData("services: {a: {build: {context: a, labels: }}}", "1:36 labels of service 'a'…no value")]
    [InlineData("services: {a: {build: {context: a, ssh: [key]}}}", "1:42 …agent 'key' of ssh of service 'a'…path")]
    [InlineData("services: {a: {build: [a]}}", "1:23 build of service 'a' is a list")]
    [InlineData("services: [a]", "1:11 'services' is a list…a map")]
    [InlineData("services: {a: {build: a}, b: {command: x}}", "1:27 service 'b'…image…build")]
    [InlineData("services: {a: {build: a}, b: }", "1:27 service 'b'…image…build")]
    [InlineData("services: {a: {build: a, volumes: ['$NONE:/x']}}", "1:36 …volume ':/x' of service 'a'…empty")]
    [InlineData("services: {a: {build: a, volumes: ['a:b:']}}", "1:36 …volume 'a:b:' of service 'a'…empty")]
    [InlineData("services: {a: {build: a, ports: ['80:$NONE']}}", "1:34 …port '80:' of service 'a': …container port")]
    [InlineData("services: {a: {build: a, ports: ['x:1:2']}}", "1:34 …port 'x:1:2' of service 'a': 'x'")]
    [InlineData("services: {a: {build: a, ports: ['1:3-4']}}", "1:34 …port '1:3-4' of service 'a': …ranges")]
    [InlineData("services: {a: {build: a, ports: ['80:http']}}", "1:34 …port '80:http' of service 'a': 'http'")]
    [InlineData("services: {a: {build: a}, b: {image: x, command: '${NONE:?say it}'}}", "1:50 …'NONE'…: say it")]
    public void what_compose_and_bake_refuse_is_refused(string yaml, string message) =>
        Wording.Fits(message, Assert.Single(folder.Faults(yaml, "compose.yaml")));

    [Theory]
    [InlineData("ports: [80, '80', ':80', '1-2:3-4', '1-2:3', '127.0.0.1::80', '[::1]:80:80', '80:80/udp', {target: 80}]")]
    [InlineData("volumes: [a, 'a:', ':a', 'C:/x:/y', 'a:/b:ro', 'a:b:c:d', {type: bind, source: a, target: b}]")]
    [InlineData("command: '$(date) $5'")]
    public void what_they_take_is_taken(string rest) => Assert.Single(folder.Compose($"services: {{a: {{build: a, {rest}}}}}").Components);

    [Fact]
    public void a_name_that_its_variables_leave_empty_matters_where_the_image_is_built()
    {
        var project = folder.Compose("services: {a: {image: '$NONE/web:$NONE', build: a}, b: {build: c}}");
        Assert.Equal(["/web:"], project.Find("a")!.UnreadableTags);
        Assert.Contains("'/web:' is not an image reference", Assert.Throws<ProjectFileException>(() => project.Select([])).Message,
            StringComparison.Ordinal);
        Assert.Single(project.Select(["b"]));
        Assert.Equal(2, project.Select([], toPrint: true).Length);
    }

    [Fact]
    public void variables_without_a_value_are_told_of_only_where_they_are_used_for_a_build()
    {
        var project = folder.Compose("services:\n  web: {build: {context: a, args: {A: $BUILD}}, environment: {B: $RUN}, hostname: $PORT}\n"
            + "  db: {image: 'x:$TAG'}\n");
        Wording.Fits("compose.yaml:2:39: …'BUILD'…not set…${BUILD:-}", Assert.Single(project.Warnings));
    }

    [Fact]
    public void a_number_that_compose_would_change_is_told()
    {
        var project = folder.Compose("services: {web: {build: {context: a, args: {V: 3.10, W: 3.1, X: '3.10', Y: TRUE}}}}");
        Assert.Equal("V=3.1 W=3.1 X=3.10 Y=true", Arguments(Build(project, "web")));
        Wording.Fits("compose.yaml:1:48: 'V' of 'args'…'3.1'…'3.10'…quotes", Assert.Single(project.Warnings));
    }

    private static BuildSource Build(Project project, string name) => (BuildSource)project.Find(name)!.Platforms[0].Source;

    private static string Arguments(BuildSource build) => string.Join(' ', build.Arguments.Select(pair => $"{pair.Key}={pair.Value}"));

    public void Dispose() => folder.Dispose();
}
