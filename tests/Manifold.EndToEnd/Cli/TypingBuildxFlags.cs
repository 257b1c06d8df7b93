namespace Manifold.EndToEnd.Cli;

/// <summary>Flags of <c>docker buildx build</c> that need root.</summary>
public sealed class TypingBuildxFlags : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--cgroup-parent", "group")]
    [InlineData("--cgroup-parent=group")]
    public async Task a_control_group_is_taken_with_its_value_after_it_or_joined_to_it(params string[] flags)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Choosing a control group needs root.");
        folder.Write("Dockerfile", "FROM scratch AS first\nARG A\nCOPY Dockerfile /\nFROM first\nCOPY Dockerfile /\n");

        var (code, output, error) = await Commanding.Manifold(folder, ["build", "--print=tree", .. flags, folder.Path]);

        Assert.True(code == 0, $"{string.Join(' ', flags)}: {error}");
        Assert.StartsWith("{", output, StringComparison.Ordinal);
    }
}
