using Manifold.Projects;
using Manifold.Projects.Yaml;

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
        Wording.FitEach(
        [
            "2:1 …'platfroms'… | Did you mean platforms?",
            $"5:14 …'ap' of image 'api'… | …'{folder.Files["ap"]}'",
            "6:5 image 'api'…'tgas'… | Did you mean tags?",
            "7:16 …'bsae'… | Did you mean base?",
            "8:30 …linux/amd64…twice…line 8",
            "8:38 'linux/none/of/it'… | Expected os/architecture[/variant]",
            "11:12 ' x'…'quay.io/acme/base'… | …128",
            "11:18 …'api' (line 4)…'base'…'quay.io/acme/api:latest'",
            "12:20 'verify' is 'loud'. Expected off, warn, on, strict",
            "12:26 'verify'…'tiemout'… | Did you mean timeout?",
            "13:13 …no command… | …run:",
            "13:14 …'input'… | Did you mean inputs?",
            "14:13 'alpine/git'…source… | Did you mean image:alpine/git?",
            "15:25 …'default'…'bse'… | Did you mean base?",
        ], faults);
    }

    [Theory]
    [InlineData("manifold.yaml", "images:\n  a: {context: \"a\\0b\"}", "2:16 ")]
    [InlineData("manifold.yaml", "images:\n  a: {context: \"a\\u0000b\"}", "2:16 ")]
    [InlineData("manifold.yaml", "images:\n  \"a\\x00\": {context: .}", "2:3 ")]
    [InlineData("manifold.yaml", "images:\n  a: {context: .}\n\0platforms: [linux/none]", "3:1 ")]
    [InlineData("compose.yaml", "services:\n  a:\n    build: \"a\\0b\"", "3:12 ")]
    public void a_null_character_is_refused_where_it_stands(string file, string yaml, string place) =>
        Wording.FitEach([place + "…U+0000"], folder.Faults(yaml, file));

    [Fact]
    public void a_null_character_of_the_variables_file_is_refused_too()
    {
        folder.Files.Write(".env", "A=b\nDIR=a\0b\n");
        var faults = folder.Faults("services: {a: {build: \"${DIR}\"}}", "compose.yaml");
        Wording.FitEach(["2:6 …U+0000"], faults);
    }

    [Theory]
    [InlineData("images: {a: {dockerfile: D}}", "1:26 …Dockerfile 'D'…not exist")]
    [InlineData("images: {a: {context: empty}}", "1:23 '{0}/empty'…no Dockerfile or Containerfile")]
    [InlineData("images: {a: {contexts: {x: nowhere}}}", "1:25 …'nowhere'…not a folder")]
    [InlineData("images: {a: {contexts: {x: \"image:a\"}}}", "1:25 …'a'…itself")]
    [InlineData("images: {a: {contexts: {x: \"docker-image://UP:x:y\"}}}", "1:25 'UP:x:y'…image reference")]
    [InlineData("images: {a: {dockerfile: Dockerfile, dockerfile-inline: x}}", "1:57 image 'a'…dockerfile…dockerfile-inline")]
    [InlineData("images: {a: {source: \"oci-archive:no.tar\"}}", "1:22 'no.tar'…not exist")]
    [InlineData("images: {a: {source: \"image:UPPER\"}}", "1:22 'image:UPPER'…source")]
    [InlineData("images: {a: {platforms: {amd64: {source: \"image:x\", target: t}}}}", "1:61 platform amd64…'image:x'…no effect")]
    [InlineData("images: {a: {platforms: []}}", "1:25 …platforms…empty")]
    [InlineData("images: {a: {secrets: [{env: X}]}}", "1:24 …secret…no id")]
    [InlineData("images: {a: {secrets: [\"id=x,mode=1\"]}}", "1:24 …secret…'mode'")]
    [InlineData("images: {a: {pull: maybe}}", "1:20 'pull' is 'maybe'…true or false")]
    [InlineData("images: {a: {args: 5}}", "1:20 'args' is '5'…KEY=VALUE")]
    [InlineData("images: {a: {args: {X: [1]}}}", "1:24 'X' of 'args' is a list…string")]
    [InlineData("images: {a: {target: {}}}", "1:22 'target' is a map…string")]
    [InlineData("images: {a: {annotations: {\"indx:k\": v}}}", "1:28 'indx:k=v'…'indx'")]
    [InlineData("images: {a: {verify: {timeout: 0}}}", "1:32 'timeout' is '0'…86400")]
    [InlineData("images: {a: {verify: {allow: [\"[\"]}}}", "1:31 '['…pattern")]
    [InlineData("images: {a: {tags: [\"x/y@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]}}",
        "1:21 'x/y@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'…digest")]
    [InlineData("images: {-a: }", "1:10 '-a'…name")]
    [InlineData("images: {a: [x]}", "1:13 image 'a' is a list…a map")]
    [InlineData("images: {a: {alias: b}, b: }", "1:25 …'a' (line 1)…'b'…alias 'b'")]
    [InlineData("images: {a: {name: x}}", "1:14 'name'…only…matrix")]
    [InlineData("images: {a: {matrix: {v: []}}}", "1:23 …matrix…'v'…no values")]
    [InlineData("images: {a: {name: one, matrix: {v: [1, 2]}, tags: [\"$v\"]}}", "1:10 two images…'one'…line 1")]
    [InlineData("images: {a: {inherits: b}, b: {inherits: a}}", "1:24 …inherits…b → a → b")]
    [InlineData("images: {a: {inherits: tmpl}}\ntemplates: {tmp1: {}}", "1:24 …'tmpl'… | Did you mean tmp1?")]
    [InlineData("images: {a: }\ntemplates: {t: {conetxt: x}}", "2:17 template 't'…'conetxt'… | Did you mean context?")]
    [InlineData("images: {a: }\ngroups: {a: []}", "2:10 …group 'a'…same name")]
    [InlineData("images: {a: }\ngroups: {x: [y], y: [x]}", "2:22 …groups…x → y → x")]
    [InlineData("images: {a: }\nrollout: {namespace: x}", "2:10 …rollout…no deployment")]
    [InlineData("images: {a: }\nregistry: Quay/UP", "2:11 'Quay/UP'…registry")]
    public void a_wrong_value_is_told_with_its_place(string yaml, string start)
    {
        Directory.CreateDirectory(folder.Files["empty"]);
        Assert.Contains(folder.Faults(yaml), fault => Wording.Has(start.Replace("{0}", folder.Files.Path, StringComparison.Ordinal),
            fault));
    }

    [Theory]
    [InlineData("a: 1\na: 2", "2:1 duplicate key 'a'…line 1")]
    [InlineData("images: {a: }\nx: *none", "2:4 …anchor '&none'")]
    [InlineData("x: &x [*x]\nimages: {a: }", "1:8 …anchor '&x'")]
    [InlineData("images: {a: {<<: 5}}", "1:18 '<<'…a string")]
    [InlineData("images: {[a]: b}", "1:10 …key…a list")]
    [InlineData("images: !secret {a: }", "1:9 …tag '!secret'")]
    [InlineData("images: {a: }\n---\nmore: 1", "2:1 …second document")]
    [InlineData("images:\n\t a: 1", "1:7 …not valid YAML")]
    [InlineData("images: [a, ${b c", "1:")]
    [InlineData("", "1:1 …no images")]
    [InlineData("just text", "1:1 …no images")]
    [InlineData("registry: x", "1:1 …no images")]
    [InlineData("images: [a]", "1:9 …no images")]
    public void wrong_yaml_is_told_with_its_place(string yaml, string start) =>
        Wording.Fits(start, folder.Faults(yaml)[0]);

    [Fact]
    public void a_bomb_of_aliases_is_refused_at_once()
    {
        var yaml = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(
            Enumerable.Range(1, 30).Select(n => $"a{n}: &a{n} [{string.Join(',', Enumerable.Repeat($"*a{n - 1}", 10))}]\n"));
        Assert.Contains("nodes, including aliases", folder.Faults(yaml + "images: {a: }")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void deep_nesting_is_refused_at_once()
    {
        Assert.Contains("nested more than", folder.Faults("images: " + new string('[', 100_000))[0], StringComparison.Ordinal);
        Assert.Contains("nested more than",
            folder.Faults("images:\n" + string.Concat(Enumerable.Range(1, 500).Select(n => new string(' ', n) + "a:\n")))[0],
            StringComparison.Ordinal);
    }

    [Fact]
    public void a_huge_file_and_a_huge_matrix_are_refused()
    {
        Assert.Contains("larger than",
            Assert.Throws<UsageException>(() => folder.Manifold(new string('#', Limits.ProjectFileBytes + 1))).Message,
            StringComparison.Ordinal);
        var thousand = string.Join(',', Enumerable.Range(0, 1000));
        Assert.Contains("more than 10000 images", Assert.Throws<UsageException>(
            () => folder.Manifold($"images: {{a: {{matrix: {{x: [{thousand}], y: [{thousand}]}}}}}}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void inheritance_and_groups_that_fork_at_each_level_take_no_time()
    {
        var templates = string.Concat(Enumerable.Range(1, 60).Select(n => $"  t{n}: {{inherits: [t{n - 1}, u{n - 1}], args: {{A{n}: x}}}}\n"
            + $"  u{n}: {{inherits: [u{n - 1}, t{n - 1}], args: {{B{n}: x}}}}\n"));
        var groups = string.Concat(Enumerable.Range(1, 60).Select(n => $"  g{n}: [g{n - 1}, h{n - 1}]\n  h{n}: [h{n - 1}, g{n - 1}]\n"));
        var project = folder.Manifold($"images: {{a: {{inherits: [t60, u60]}}}}\ntemplates:\n"
            + $"  t0: {{args: {{X: y}}}}\n  u0: {{}}\n{templates}groups:\n  g0: [a]\n  h0: [a]\n{groups}");
        Assert.Equal(121, ((BuildSource)project.Components[0].Platforms[0].Source).Arguments.Count);
        Assert.Equal(["a"], project.Groups["g60"]);
    }

    [Fact]
    public void random_damage_to_a_file_is_a_fault_or_a_project_and_nothing_else()
    {
        const string sample = "registry: r.io/x\nplatforms: [linux/amd64, arm64]\ntags: [\"${V:-dev}\"]\n"
            + "x: &x {a: b}\nimages:\n  a: {<<: *x, context: api, args: {K: $V}, verify: {run: [\"x\"]}}\n"
            + "  b:\n    matrix: {v: [1, 2]}\n    before: |\n      make\n    dockerfile-inline: >-\n      FROM scratch\n";
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
        Wording.Fits("""
            manifold.yaml:1:23: error: …'x' of image 'a'…
              images: {a: {context: x}}
                                    ^
              hint: …'X'
            """,
            Assert.Throws<ProjectFileException>(() => folder.Manifold("images: {a: {context: x}}"))
                .Message.Replace(folder.Files["x"], "X", StringComparison.Ordinal));

    [Fact]
    public void a_wrong_environment_is_told()
    {
        folder.Environment["ARCHITECTURES"] = "amd64 what/is/this/now";
        Assert.Contains("ARCHITECTURES contains 'what/is/this/now'", Assert.Throws<UsageException>(() =>
            folder.Manifold("images: {a: }")).Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();
}
