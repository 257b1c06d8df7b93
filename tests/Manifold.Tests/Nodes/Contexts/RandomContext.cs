using Manifold.Planning;

namespace Manifold.Tests.Nodes.Contexts;

/// <summary>A context with links and ignore rules, and steps that read some of it: the same for the same seed.</summary>
internal sealed class RandomContext : IDisposable
{
    private static readonly string[] Sources =
    [
        ".", "d", "da", "node", "x.d", "a", "c.txt", "d/a", "d*", "*/a", "*/*.txt", "?", "[a-c]*", "d/da", "link0", "link1/a", "link2",
        "l*/d", "link3/..", "d/../a", "link1/d*",
    ];

    private readonly ContextBench bench = new();
    private readonly Random random;
    private readonly string[] instructions;

    public RandomContext(int seed)
    {
        random = new Random(seed);
        var tree = new RandomTree(seed);
        foreach (var file in tree.Files.Where(file => !Directory.Exists(bench.Folder[$"context/{file}"])))
            bench.Write(file, Pick("", "1", "22", file));
        var folders = Directory.GetDirectories(bench.Folder["context"], "*", SearchOption.AllDirectories);
        for (var i = 0; i < 4; i++)
            bench.Link(Place(i == 0 ? "" : Pick(["", .. folders]), $"link{i}"), Target());
        for (var i = 0; i < 5; i++)
            bench.HardLink(Place(Pick(folders), $"hard{i}"), Pick([.. tree.Files]));
        bench.Ignored = Next(3) == 0 ? "" : tree.Rules;
        instructions = [.. Enumerable.Range(0, 4).Select(_ => Instruction()).Where(Succeeds)];
    }

    public async Task CheckAsync()
    {
        var steps = bench.Steps(instructions);
        var expected = bench.Chosen(bench.Folder["context"], bench.Rules, steps).ToList();
        using var unpacked = await bench.SendAndUnpackAsync(instructions);
        var found = bench.Chosen(unpacked.Folder, unpacked.Rules, steps).ToList();
        Assert.True(expected.SequenceEqual(found), $"{string.Join('\n', instructions)}\n\n{bench.Ignored}");
        // The same once more is the same artifact.
        Assert.Equal((await bench.PackAsync(instructions)).Manifest, (await bench.PackAsync(instructions.Reverse())).Manifest);
    }

    public void Dispose() => bench.Dispose();

    private string Instruction() => Next(6) switch
    {
        0 => $"RUN --mount=type=bind,source={Pick(Sources)},target=/s true",
        1 => $"COPY --parents {Pick("**/a", "d/./**/*.txt", "./d*/a", Pick(Sources))} /x/",
        2 => $"COPY --exclude={Pick("**/a", "d*", "*.txt", "da/a", "*")} {Pick(Sources)} /x/",
        3 => $"COPY {Pick(Sources)} {Pick(Sources)} /x/",
        _ => $"COPY {Pick(Sources)} /x/",
    };

    private bool Succeeds(string instruction)
    {
        try
        {
            return bench.Chosen(bench.Folder["context"], bench.Rules, bench.Steps(instruction))
                .All(line => !line.EndsWith("fails", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is UsageException or Manifold.Dockerfile.DockerfileException or StepFailedException)
        {
            return false;
        }
    }

    private string Target() => Pick("d", "a", "/d/da", "../a", "d/../node", "link0", "nowhere", ".", "da/../../d");

    private string Place(string folder, string name) => Path.GetRelativePath(bench.Folder["context"], Path.Combine(
        folder.Length == 0 ? bench.Folder["context"] : folder, name));

    private string Pick(params string[] from) => from[Next(from.Length)];

#pragma warning disable CA5394 // the same context for the same seed is what we want
    private int Next(int count) => random.Next(count);
#pragma warning restore CA5394
}
