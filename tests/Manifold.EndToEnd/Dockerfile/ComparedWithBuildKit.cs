using System.Collections.Concurrent;
using System.Text.Json;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;

namespace Manifold.EndToEnd.Dockerfile;

/// <summary>BuildKit, as the Docker daemon has it, judges the same files.</summary>
public sealed class ComparedWithBuildKit
{
    /// <summary>A case that BuildKit is known to judge otherwise says why in a file of this name.</summary>
    private const string Departure = "departs-from-buildkit.txt";

    [Fact]
    public async Task each_case_is_accepted_or_refused_as_BuildKit_does_it()
    {
        await NeedBuildKit();
        using var folder = new TemporaryFolder();
        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(Cases.Names("parse"), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (name, cancellation) =>
        {
            var source = Path.Combine(Cases.Folder("parse"), name);
            var text = await File.ReadAllTextAsync(Path.Combine(source, "Dockerfile"), cancellation);
            // A target that does not exist ends the build once the file is parsed; a syntax line would make BuildKit fetch its frontend.
            var file = folder.Write(Path.Combine(name, "Dockerfile"),
                text.Replace("# syntax=docker/dockerfile:1\n", "", StringComparison.Ordinal));
            var build = await Tool.Try("docker",
                "buildx", "build", "--target", "no-such-stage", "--output", "type=cacheonly", Path.GetDirectoryName(file)!);
            var accepted = build.Error.Contains("target stage", StringComparison.Ordinal);
            var ours = !DockerfileParser.Parse("Dockerfile", text).HasErrors;
            if (accepted == ours == File.Exists(Path.Combine(source, Departure)))
                wrong.Add($"{name}: we {(ours ? "accept" : "refuse")} it; BuildKit: {build.Error}");
        });
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task a_context_loses_the_files_that_it_loses_with_BuildKit(int seed)
    {
        await NeedBuildKit();
        using var folder = new TemporaryFolder();
        var tree = new RandomTree(seed);
        foreach (var path in tree.Files)
            folder.Write(Path.Combine("context", path), "");
        var file = folder.Write("Dockerfile", "FROM scratch\nCOPY . /\n");
        folder.Write("Dockerfile.dockerignore", tree.Rules);

        await Tool.Run("docker", "buildx", "build", "-f", file, "--output", "type=local,dest=" + folder["out"], folder["context"]);

        var rules = IgnoreRules.Parse(".dockerignore", tree.Rules);
        var theirs = Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder["out"], path));
        Assert.Equal(theirs.Order(StringComparer.Ordinal),
            tree.Files.Where(path => !rules.Match(path).Excluded).Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// ENV and LABEL with every operator and every way to quote: the image's config has what our reader and our expansion make of them.
    /// </summary>
    [Fact]
    public async Task values_mean_what_they_mean_to_BuildKit()
    {
        await NeedBuildKit();
        const string text = """
            FROM scratch
            ENV PATH=/bin FILE=/tmp/a.tar.gz NULL= KOREAN=한국어
            ENV A=he'll'o B="two  words" C=three\ words D='$FILE' E="$FILE" F=\$FILE G=a\\b H="a\\b" I='a\b' J="a\b"
            ENV K=${XXX:-${YYY:-yyy}} L=${NULL-0}.${NULL:-0}.${NULL+1}.${NULL:+1} M=${FILE:+${FILE}:} N=$$ O=$. P=he$1x
            ENV Q=${FILE#*/} R=${FILE##*/} S=${FILE%.*} T=${FILE%%.*} U=${FILE#t*} V="${FILE##*.}" W=${KOREAN#?} X=${XXX:-'a b'} Y=a${XXX}b
            ENV Z1=old
            ENV Z1=new Z2=$Z1 Z3="${Z1}"
            ENV LEGACY the  "rest" $FILE 'of' it
            ENV TRAILING a b \
              c
            LABEL org.example.title="a \"quoted\" title" "key with blanks"=x plain=y $FILE=z
            LABEL multi="one \
            two"
            """;
        using var folder = new TemporaryFolder();
        folder.Write("Dockerfile", text);

        await Tool.Run("docker",
            "buildx", "build", "--provenance=false", "--output", "type=oci,tar=false,dest=" + folder["out"], folder.Path);

        var ours = Evaluate(DockerfileParser.Parse("Dockerfile", text).OrThrow());
        var config = Config(folder["out"]);
        Assert.Equal(config.GetProperty("Env").EnumerateArray().Select(each => each.GetString()),
            ours.Environment.Select(each => $"{each.Key}={each.Value}"));
        Assert.Equal(
            config.GetProperty("Labels").EnumerateObject().Select(each => (each.Name, each.Value.GetString())).Order(),
            ours.Labels.Select(each => (each.Key, (string?)each.Value)).Order());
    }

    /// <summary>ENV in order of first use, and labels; each instruction sees the values from before it.</summary>
    private static (OrderedDictionary<string, string> Environment, Dictionary<string, string> Labels) Evaluate(DockerfileTree tree)
    {
        var environment = new OrderedDictionary<string, string>();
        var labels = new Dictionary<string, string>();
        foreach (var instruction in tree.Instructions.OfType<PairsInstruction>())
        {
            var before = environment.ToDictionary();
            foreach (var (key, value) in instruction.Pairs)
                (instruction is EnvInstruction ? environment : (IDictionary<string, string>)labels)[Expanded(key)] = Expanded(value);

            string Expanded(string word)
            {
                var result = Expansion.Expand(word, name => before.GetValueOrDefault(name), tree.Escape);
                Assert.Null(result.Error);
                return result.Text;
            }
        }
        return (environment, labels);
    }

    private static JsonElement Config(string layout)
    {
        var manifest = Blob(Document(Path.Combine(layout, "index.json")).GetProperty("manifests")[0]);
        return Blob(manifest.GetProperty("config")).GetProperty("config");

        JsonElement Blob(JsonElement descriptor) =>
            Document(Path.Combine(layout, "blobs", descriptor.GetProperty("digest").GetString()!.Replace(':', '/')));

        static JsonElement Document(string path) => JsonDocument.Parse(File.ReadAllText(path)).RootElement.Clone();
    }

    internal static async Task NeedBuildKit()
    {
        var version = await Tool.Try("docker", "buildx", "inspect", "--bootstrap");
        Assert.SkipWhen(version.ExitCode != 0, "Docker's BuildKit does not run here: " + version.Error);
    }
}
