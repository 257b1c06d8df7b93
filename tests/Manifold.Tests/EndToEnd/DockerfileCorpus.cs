namespace Manifold.Tests.EndToEnd;

/// <summary>The cases under <c>cases/dockerfile</c>, whose expectations are BuildKit's; <c>cases/corpus.py</c> says what is in a case.</summary>
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
        if (CorpusExceptions.Awaited.Contains(name))
        {
            Assert.True(result.Error.Contains("not supported yet", StringComparison.Ordinal), $"'{name}' is no longer awaited: take it out of {nameof(CorpusExceptions.Awaited)}.\n{result.Error}");
            return;
        }
        if (CorpusExceptions.Wrong.TryGetValue(name, out var wrong))
        {
            Assert.True(CorpusCase.Read(name).Judge(result) is not null, $"'{name}' is right now ({wrong}): take it out of {nameof(CorpusExceptions.Wrong)}.");
            return;
        }
        var difference = CorpusCase.Read(name).Judge(result);
        Assert.True(difference is null, difference);
    }

    /// <summary>Sets of names rot unless somebody looks.</summary>
    [Fact]
    public void exceptions_are_for_cases_that_exist() =>
        Assert.Empty(CorpusExceptions.Awaited.Concat(CorpusExceptions.Wrong.Keys).Except(Cases.Names("dockerfile")));
}
