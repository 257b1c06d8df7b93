namespace Manifold.EndToEnd.Building;

/// <summary>
/// The cases under <c>cases/dockerfile</c>, whose expectations are BuildKit's; <c>cases/corpus.py</c> says what is in a case.
/// </summary>
/// <remarks>All are built once, by <see cref="CorpusRun"/>, in one store; here each is judged under its own name.</remarks>
[Trait("kind", "end-to-end")]
public sealed class DockerfileCorpus(CorpusRun run) : IClassFixture<CorpusRun>
{
    public static TheoryData<string> All => [.. CorpusRun.Names];

    [Theory]
    [MemberData(nameof(All))]
    public async Task each_case_gives_what_BuildKit_gives(string name)
    {
        var result = (await run.Results)[name];
        var difference = CorpusCase.Read(name).Judge(result);
        Assert.True(difference is null, difference);
    }
}
