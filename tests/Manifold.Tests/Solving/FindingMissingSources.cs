namespace Manifold.Tests.Solving;

/// <summary>A source of COPY that is not there is found in the plan, with what was meant.</summary>
public sealed class FindingMissingSources : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public FindingMissingSources()
    {
        folder.Write("web/dist/index.html", "x");
        folder.Write("README.md", "x");
        folder.Write("secret", "x");
        folder.Write(".dockerignore", "secret\n");
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("COPY web/dits /srv", "'web/dits' is not in the build context", " Did you mean 'web/dist'?")]
    [InlineData("COPY wbe/dist/index.html /srv",
        "'wbe/dist/index.html' is not in the build context", " Did you mean 'web/dist/index.html'?")]
    [InlineData("COPY readme.md /", "'readme.md' is not in the build context", " Did you mean 'README.md'?")]
    [InlineData("COPY dist /srv", "'dist' is not in the build context", " Did you mean 'web/dist'?")]
    [InlineData("ADD README.m /", "'README.m' is not in the build context", " Did you mean 'README.md'?")]
    [InlineData("COPY secret /", "'secret' is excluded from the build context by .dockerignore:1", "")]
    [InlineData("COPY README.md nothing /", "'nothing' is not in the build context", "")]
    [InlineData("COPY --parents web/./dits /", "'web/./dits' is not in the build context", " Did you mean 'web/dist'?")]
    public async Task is_told_with_the_nearest_name(string line, string message, string hint)
    {
        folder.Write("Dockerfile", $"FROM scratch\n{line}\n");
        foreach (var command in new[] { "plan", "build" })
        {
            var (code, _, error) = await Commanding.Manifold(folder, command, folder.Path);
            Assert.Equal(1, code);
            var told = Assert.Single(error.Split('\n'), each => each.Contains("Dockerfile:2): " + message, StringComparison.Ordinal));
            Assert.EndsWith(hint.Length > 0 ? hint : ".", told, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task one_that_leads_through_an_excluded_folder_is_told_too()
    {
        folder.Write("hidden/file", "x");
        folder.Write(".dockerignore", "hidden\n");
        folder.Write("Dockerfile", "FROM scratch\nCOPY --parents hidden/../nothing /\n");
        var (code, _, error) = await Commanding.Manifold(folder, "build", folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("nothing' is not in the build context", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task all_are_told_at_once_for_all_platforms_together()
    {
        folder.Write("Dockerfile", "FROM scratch\nCOPY one /\nCOPY README.md /\nADD two three /\nCOPY README.md* /\n");
        var (_, _, error) = await Commanding.Manifold(folder, "plan", "--platform", "linux/amd64,linux/arm64", folder.Path);
        Assert.Equal(2, error.Split('\n').Count(line => line.Contains("is not in the build context", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("plan", "--platform", "linux/amd64,linux/arm64,linux/s390x", ".")]
    [InlineData("bake", "--plan", "-f", "docker-bake.json")]
    public async Task what_one_platform_alone_lacks_is_told(params string[] command)
    {
        folder.Write("bin/amd64/app", "x");
        folder.Write("Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY bin/$TARGETARCH /app\n");
        folder.Write("docker-bake.json", $$$$"""
            {"target": {"default": {"context": "{{{{folder.Path}}}}", "platforms": ["linux/amd64", "linux/arm64", "linux/s390x"]}}}
            """);
        var (code, _, error) = await Commanding.Manifold(folder, [.. command.Select(word => word switch
        {
            "." => folder.Path,
            "docker-bake.json" => folder[word],
            _ => word,
        })]);
        Assert.NotEqual(0, code);
        Assert.Contains("'bin/arm64' is not in the build context", error, StringComparison.Ordinal);
        Assert.Contains("'bin/s390x' is not in the build context", error, StringComparison.Ordinal);
        Assert.DoesNotContain("'bin/amd64' is not", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_no_target_needs_is_not_missed()
    {
        folder.Write("Dockerfile", "FROM scratch AS unused\nCOPY nothing /\nFROM scratch\nCOPY README.md /\n");
        Assert.Equal(0, (await Commanding.Manifold(folder, "plan", folder.Path)).Code);
    }
}
