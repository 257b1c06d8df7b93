namespace Manifold.Tests.Cli;

public sealed class CompletingInBash : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("manifold b", "bake build builds")]
    [InlineData("manifold build --platform-", "--platform-tags")]
    [InlineData("manifold build --created ", "context now")]
    [InlineData("manifold bake --index ", "always never")]
    [InlineData("manifold push --check", "--check-all")]
    [InlineData("manifold build --progress p", "plain")]
    [InlineData("manifold emulators ", "install list")]
    [InlineData("manifold build ./", "")]
    public async Task offers_what_the_program_knows(string line, string offered)
    {
        var (_, script, _) = await Commanding.Manifold(folder, "completion", "bash");
        File.CreateSymbolicLink(folder["manifold"], Path.Combine(AppContext.BaseDirectory, "Manifold.Cli"));
        var completing = folder.Write("completing.sh", $$"""
            PATH='{{folder.Path}}':"$PATH"
            {{script}}
            COMP_LINE=$1 COMP_POINT=${#1}
            read -ra COMP_WORDS <<< "$1"
            [[ $1 != *' ' ]] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _manifold
            echo "${COMPREPLY[*]}"
            """);
        Assert.Equal(offered, (await Tool.Run("bash", completing, line)).TrimEnd('\n'));
    }
}
