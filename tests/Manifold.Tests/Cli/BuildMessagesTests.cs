namespace Manifold.Tests.Cli;

public sealed class BuildingWithTrouble : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task a_copy_that_fails_names_that_file()
    {
        var file = folder.Write("other.file", "FROM scratch\nCOPY nothing /x\n");
        var (code, _, error) = await Commanding.Manifold(folder, "build", "-f", file, folder.Path);
        Assert.Equal(1, code);
        Assert.Contains($"{file}:2): 'nothing' is not in the build context", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_base_without_the_platform_names_that_file()
    {
        await Commanding.Manifold(folder,
            "build", "--platform", "linux/amd64", "-t", "base:1", Context("FROM scratch\nCOPY Dockerfile /\n"));
        var file = folder.Write("other.file", "# first line\nFROM base:1\n");
        var (code, _, error) = await Commanding.Manifold(folder, "build", "--platform", "linux/s390x", "-f", file, folder.Path);
        Assert.Equal(2, code);
        Assert.Contains($"FROM docker.io/library/base:1 ({file}:2): there is no image for linux/s390x", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_result_that_cannot_be_written_is_told_in_one_line_before_the_work()
    {
        var (code, _, error) = await Commanding.Manifold(folder,
            "build", "-q", "--iidfile", folder["no/such/folder/iid"], Context("FROM scratch\nCOPY Dockerfile /\n"));
        Assert.Equal(2, code);
        Assert.Contains(folder["no/such/folder"], Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    private string Context(string dockerfile)
    {
        folder.Write("context/Dockerfile", dockerfile);
        return folder["context"];
    }
}
