using Manifold.Projects;

namespace Manifold.Tests.Projects;

/// <summary>What a manifold.yaml is refused for, with its place, all at once.</summary>
public sealed class WrongManifoldYaml : IDisposable
{
    private readonly ProjectFolder folder = new ProjectFolder().With(".", "api");

    [Fact]
    public void every_fault_is_told_at_once_with_line_and_column()
    {
        var faults = folder.Faults("""
            registry: quay.io/acme
            platfroms: [linux/amd64]
            images:
              api:
                context: ap
                tgas: [x]
                contexts: {base: "image:bsae"}
                platforms: [linux/amd64, x86_64, linux/none/of/it]
              base:
                dockerfile: Dockerfile.prod
                tags: [" x", "quay.io/acme/api:latest"]
                verify: {mode: loud, tiemout: 5}
                before: {input: [a]}
                source: alpine/git
            groups: {default: [api, bse]}
            """);
        Assert.Equal(
        [
            "2:1 the file has no key 'platfroms'. | Did you mean platforms?",
            $"5:14 the context 'ap' of image 'api' is not a folder. | Looked for '{folder.Files["ap"]}'. Paths start from the file's folder.",
            "6:5 image 'api' has no key 'tgas'. | Did you mean tags?",
            "7:16 there is no image 'bsae' in this project. | Did you mean base?",
            "8:30 the platform linux/amd64 stands here twice, first in line 8.",
            "8:38 'linux/none/of/it' is not a platform. | Expected os/architecture[/variant], e.g. linux/arm64 or linux/arm/v7.",
            "11:12 ' x' cannot be a tag of 'quay.io/acme/base'. | A tag has letters, digits, '.', '_' and '-', at most 128; a repository is in lower case.",
            "11:18 'quay.io/acme/api:latest' would be image 'base', and is image 'api' in line 4.",
            "12:20 verify is 'loud'. Expected off, warn, on or strict, or a map.",
            "12:26 verify has no key 'tiemout'. | Did you mean timeout?",
            "13:13 this hook says nothing to run. | Expected run: a command line, or a list of a program and its arguments.",
            "13:14 a hook has no key 'input'. | Did you mean inputs?",
            "14:13 'alpine/git' is no source of an image. | Did you mean image:alpine/git?",
            "15:25 the group 'default' names 'bse', and there is no such image or group. | Did you mean base?",
        ], faults);
    }

    [Theory]
    [InlineData("manifold.yaml", "images:\n  a: {context: \"a\\0b\"}", "2:16 ")]
    [InlineData("manifold.yaml", "images:\n  a: {context: \"a\\u0000b\"}", "2:16 ")]
    [InlineData("manifold.yaml", "images:\n  \"a\\x00\": {context: .}", "2:3 ")]
    [InlineData("manifold.yaml", "images:\n  a: {context: .}\n\0platforms: [linux/none]", "3:1 ")]
    [InlineData("compose.yaml", "services:\n  a:\n    build: \"a\\0b\"", "3:12 ")]
    public void a_null_character_is_refused_where_it_stands(string file, string yaml, string place) =>
        Assert.Equal([place + "the character U+0000 cannot be part of a text."], folder.Faults(yaml, file));

    [Fact]
    public void a_null_character_of_the_variables_file_is_refused_too()
    {
        folder.Files.Write(".env", "A=b\nDIR=a\0b\n");
        var faults = folder.Faults("services: {a: {build: \"${DIR}\"}}", "compose.yaml");
        Assert.Equal(["2:6 the character U+0000 cannot be part of a text."], faults);
    }

    [Theory]
    [InlineData("images: {a: {dockerfile: D}}", "1:26 the Dockerfile 'D' is not there.")]
    [InlineData("images: {a: {context: empty}}", "1:23 '{0}/empty' has neither a Dockerfile nor a Containerfile.")]
    [InlineData("images: {a: {contexts: {x: nowhere}}}", "1:25 the context 'nowhere' is not a folder.")]
    [InlineData("images: {a: {contexts: {x: \"image:a\"}}}", "1:25 image 'a' cannot stand on itself.")]
    [InlineData("images: {a: {contexts: {x: \"docker-image://UP:x:y\"}}}", "1:25 'UP:x:y' is no image reference.")]
    [InlineData("images: {a: {dockerfile: Dockerfile, dockerfile-inline: x}}", "1:57 image 'a' has both dockerfile and dockerfile-inline.")]
    [InlineData("images: {a: {source: \"oci-archive:no.tar\"}}", "1:22 'no.tar' is not there.")]
    [InlineData("images: {a: {source: \"image:UPPER\"}}", "1:22 'image:UPPER' is no source of an image.")]
    [InlineData("images: {a: {platforms: {amd64: {source: \"image:x\", target: t}}}}", "1:61 platform amd64 is taken from 'image:x', so that nothing is built.")]
    [InlineData("images: {a: {platforms: []}}", "1:25 platforms is empty.")]
    [InlineData("images: {a: {secrets: [{env: X}]}}", "1:24 this secret has no id.")]
    [InlineData("images: {a: {secrets: [\"id=x,mode=1\"]}}", "1:24 a secret has no 'mode'.")]
    [InlineData("images: {a: {pull: maybe}}", "1:20 pull is 'maybe'. Expected true or false.")]
    [InlineData("images: {a: {args: 5}}", "1:20 args is '5'. Expected a map, or a list of KEY=VALUE.")]
    [InlineData("images: {a: {args: {X: [1]}}}", "1:24 'X' of args is a list. Expected text.")]
    [InlineData("images: {a: {target: {}}}", "1:22 target is a map. Expected text.")]
    [InlineData("images: {a: {annotations: {\"indx:k\": v}}}", "1:28 'indx:k=v': annotations go to manifest, manifest-descriptor, index or index-descriptor, not to 'indx'.")]
    [InlineData("images: {a: {verify: {timeout: 0}}}", "1:32 timeout is '0'. Expected seconds between 0 and 86400, or a duration such as 1m30s.")]
    [InlineData("images: {a: {verify: {allow: [\"[\"]}}}", "1:31 '[' is no pattern of files.")]
    [InlineData("images: {a: {tags: [\"x/y@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]}}", "1:21 'x/y@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' has a digest.")]
    [InlineData("images: {-a: }", "1:10 '-a' cannot be an image's name.")]
    [InlineData("images: {a: [x]}", "1:13 image 'a' is a list. Expected a map.")]
    [InlineData("images: {a: {alias: b}, b: }", "1:25 the alias 'b' of image 'b' is that of image 'a' too, in line 1.")]
    [InlineData("images: {a: {name: x}}", "1:14 name is for images with a matrix")]
    [InlineData("images: {a: {matrix: {v: []}}}", "1:23 the matrix has no value for 'v'.")]
    [InlineData("images: {a: {name: one, matrix: {v: [1, 2]}, tags: [\"$v\"]}}", "1:10 two images are called 'one', the first in line 1.")]
    [InlineData("images: {a: {inherits: b}, b: {inherits: a}}", "1:24 inherits goes in a circle: b → a → b.")]
    [InlineData("images: {a: {inherits: tmpl}}\ntemplates: {tmp1: {}}", "1:24 there is neither a template nor an image 'tmpl'. | Did you mean tmp1?")]
    [InlineData("images: {a: }\ntemplates: {t: {conetxt: x}}", "2:17 template 't' has no key 'conetxt'. | Did you mean context?")]
    [InlineData("images: {a: }\ngroups: {a: []}", "2:10 the group 'a' is called as an image is.")]
    [InlineData("images: {a: }\ngroups: {x: [y], y: [x]}", "2:22 the groups go in a circle: x → y → x.")]
    [InlineData("images: {a: }\nrollout: {namespace: x}", "2:10 rollout says no deployment.")]
    [InlineData("images: {a: }\nregistry: Quay/UP", "2:11 'Quay/UP' cannot be the beginning of an image's name.")]
    public void a_wrong_value_is_told_with_its_place(string yaml, string start)
    {
        Directory.CreateDirectory(folder.Files["empty"]);
        Assert.Contains(folder.Faults(yaml), fault => fault.StartsWith(start.Replace("{0}", folder.Files.Path, StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a: 1\na: 2", "2:1 'a' stands here twice, first in line 1.")]
    [InlineData("images: {a: }\nx: *none", "2:4 there is no anchor '&none' before this, or this stands within it.")]
    [InlineData("x: &x [*x]\nimages: {a: }", "1:8 there is no anchor '&x' before this, or this stands within it.")]
    [InlineData("images: {a: {<<: 5}}", "1:18 '<<' merges maps; this is text.")]
    [InlineData("images: {[a]: b}", "1:10 a key must be text; this is a list.")]
    [InlineData("images: !secret {a: }", "1:9 the tag '!secret' means nothing here.")]
    [InlineData("images: {a: }\n---\nmore: 1", "2:1 the file holds a second document. Expected one.")]
    [InlineData("images:\n\t a: 1", "1:7 this is not YAML")]
    [InlineData("images: [a, ${b c", "1:")]
    [InlineData("", "1:1 the file has no images.")]
    [InlineData("just text", "1:1 the file has no images.")]
    [InlineData("registry: x", "1:1 the file has no images.")]
    [InlineData("images: [a]", "1:9 the file has no images.")]
    public void wrong_yaml_is_told_with_its_place(string yaml, string start) =>
        Assert.StartsWith(start, folder.Faults(yaml)[0], StringComparison.Ordinal);

    [Fact]
    public void a_bomb_of_aliases_is_refused_at_once()
    {
        var yaml = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 30).Select(n => $"a{n}: &a{n} [{string.Join(',', Enumerable.Repeat($"*a{n - 1}", 10))}]\n"));
        Assert.Contains("with its aliases it has more than", folder.Faults(yaml + "images: {a: }")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void deep_nesting_is_refused_at_once()
    {
        Assert.Contains("nested more than", folder.Faults("images: " + new string('[', 100_000))[0], StringComparison.Ordinal);
        Assert.Contains("nested more than", folder.Faults("images:\n" + string.Concat(Enumerable.Range(1, 500).Select(n => new string(' ', n) + "a:\n")))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void a_huge_file_and_a_huge_matrix_are_refused()
    {
        Assert.Contains("larger than", Assert.Throws<UsageException>(() => folder.Manifold(new string('#', Limits.ProjectFileBytes + 1))).Message, StringComparison.Ordinal);
        var thousand = string.Join(',', Enumerable.Range(0, 1000));
        Assert.Contains("more than 10000 images", Assert.Throws<UsageException>(() => folder.Manifold($"images: {{a: {{matrix: {{x: [{thousand}], y: [{thousand}]}}}}}}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void inheritance_and_groups_that_fork_at_each_level_take_no_time()
    {
        var templates = string.Concat(Enumerable.Range(1, 60).Select(n => $"  t{n}: {{inherits: [t{n - 1}, u{n - 1}], args: {{A{n}: x}}}}\n  u{n}: {{inherits: [u{n - 1}, t{n - 1}], args: {{B{n}: x}}}}\n"));
        var groups = string.Concat(Enumerable.Range(1, 60).Select(n => $"  g{n}: [g{n - 1}, h{n - 1}]\n  h{n}: [h{n - 1}, g{n - 1}]\n"));
        var project = folder.Manifold($"images: {{a: {{inherits: [t60, u60]}}}}\ntemplates:\n  t0: {{args: {{X: y}}}}\n  u0: {{}}\n{templates}groups:\n  g0: [a]\n  h0: [a]\n{groups}");
        Assert.Equal(121, ((BuildSource)project.Components[0].Platforms[0].Source).Arguments.Count);
        Assert.Equal(["a"], project.Groups["g60"]);
    }

    [Fact]
    public void random_damage_to_a_file_is_a_fault_or_a_project_and_nothing_else()
    {
        const string sample = "registry: r.io/x\nplatforms: [linux/amd64, arm64]\ntags: [\"${V:-dev}\"]\nx: &x {a: b}\nimages:\n  a: {<<: *x, context: api, args: {K: $V}, verify: {run: [\"x\"]}}\n  b:\n    matrix: {v: [1, 2]}\n    before: |\n      make\n    dockerfile-inline: >-\n      FROM scratch\n";
        const string signs = "{}[]:,&*!|>'\"%@`$#-? \t\n\0\u0085ax";
        var random = new Random(4);
        for (var round = 0; round < 600; round++)
        {
            var text = new System.Text.StringBuilder(sample);
            for (var edit = random.Next(1, 6); edit > 0; edit--)
                text[random.Next(text.Length)] = signs[random.Next(signs.Length)];
            try
            {
                folder.Manifold(text.ToString());
            }
            catch (ManifoldException)
            {
                // refused as it should be
            }
        }
    }

    [Fact]
    public void the_message_shows_the_line_with_a_caret() =>
        Assert.Equal("""
            manifold.yaml:1:10: error: the context 'x' of image 'a' is not a folder.
              images: {a: {context: x}}
                                    ^
              hint: Looked for 'X'. Paths start from the file's folder.
            """.Replace("1:10", "1:23", StringComparison.Ordinal),
            Assert.Throws<ProjectFileException>(() => folder.Manifold("images: {a: {context: x}}")).Message.Replace(folder.Files["x"], "X", StringComparison.Ordinal));

    [Fact]
    public void a_wrong_environment_is_told()
    {
        folder.Environment["ARCHITECTURES"] = "amd64 what/is/this/now";
        Assert.Contains("ARCHITECTURES names 'what/is/this/now'", Assert.Throws<UsageException>(() => folder.Manifold("images: {a: }")).Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();
}
