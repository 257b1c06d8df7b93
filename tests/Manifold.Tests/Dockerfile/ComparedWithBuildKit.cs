using System.Collections.Concurrent;
using Manifold.Dockerfile;

namespace Manifold.Tests.Dockerfile;

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
            var file = folder.Write(Path.Combine(name, "Dockerfile"), text.Replace("# syntax=docker/dockerfile:1\n", "", StringComparison.Ordinal));
            var build = await Tool.Try("docker", "buildx", "build", "--target", "no-such-stage", "--output", "type=cacheonly", Path.GetDirectoryName(file)!);
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
        var theirs = Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder["out"], path));
        Assert.Equal(theirs.Order(StringComparer.Ordinal), tree.Files.Where(path => !rules.Match(path).Excluded).Order(StringComparer.Ordinal));
    }

    private static async Task NeedBuildKit()
    {
        var version = await Tool.Try("docker", "buildx", "inspect", "--bootstrap");
        Assert.SkipWhen(version.ExitCode != 0, "Docker's BuildKit does not run here: " + version.Error);
    }
}
