namespace Manifold.Tests.Cli;

/// <summary>The command init.</summary>
public sealed class StartingAProject : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task the_file_is_written_and_can_be_baked()
    {
        folder.Write("project/api/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var (code, output, _) = await Commanding.Manifold(folder, "init", folder["project"]);
        Assert.Equal(0, code);
        Assert.Contains("manifold.yaml", output, StringComparison.Ordinal);
        Assert.Equal(["api", "manifold.yaml"], NamesIn("project"));
        Assert.Equal(0, (await Commanding.Manifold(folder, "bake", "--print", "-f", folder["project/manifold.yaml"])).Code);
    }

    [Fact]
    public async Task print_writes_the_same_and_changes_nothing()
    {
        folder.Write("project/Dockerfile", "FROM scratch\n");
        var (code, output, _) = await Commanding.Manifold(folder, "init", "--print", folder["project"]);
        Assert.Equal(0, code);
        Assert.Equal(["Dockerfile"], NamesIn("project"));
        await Commanding.Manifold(folder, "init", folder["project"]);
        Assert.Equal(output, await File.ReadAllTextAsync(folder["project/manifold.yaml"], TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("manifold.yaml")]
    [InlineData("manifold.yml")]
    public async Task an_existing_file_is_refused_unless_it_is_forced(string name)
    {
        folder.Write("project/Dockerfile", "FROM scratch\n");
        folder.Write($"project/{name}", "mine");
        var (code, _, error) = await Commanding.Manifold(folder, "init", folder["project"]);
        Assert.Equal(2, code);
        Assert.Contains(name, error, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(folder[$"project/{name}"], TestContext.Current.CancellationToken));
        Assert.Equal(0, (await Commanding.Manifold(folder, "init", "--force", folder["project"])).Code);
        var text = await File.ReadAllTextAsync(folder[$"project/{name}"], TestContext.Current.CancellationToken);
        Assert.Contains("images:", text, StringComparison.Ordinal);
        Assert.Equal(["Dockerfile", name], NamesIn("project"));
    }

    [Fact]
    public async Task a_folder_with_nothing_is_told_what_was_looked_for()
    {
        Directory.CreateDirectory(folder["empty"]);
        var (code, output, error) = await Commanding.Manifold(folder, "init", folder["empty"]);
        Assert.Equal((2, ""), (code, output));
        foreach (var name in new[] { "Dockerfile", "Containerfile", "docker-bake.hcl", "compose.yaml", "components/", "images:" })
            Assert.Contains(name, error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder["empty"]));
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("file")]
    [InlineData("")]
    public async Task what_is_no_folder_is_refused(string name)
    {
        folder.Write("file", "");
        Assert.Equal(2, (await Commanding.Manifold(folder, "init", name.Length == 0 ? "" : folder[name])).Code);
    }

    [Fact]
    public async Task a_folder_that_cannot_be_written_keeps_no_part_of_the_file()
    {
        folder.Write("project/Dockerfile", "FROM scratch\n");
        Directory.CreateDirectory(folder["project/manifold.yaml/in-the-way"]);
        Assert.Equal(1, (await Commanding.Manifold(folder, "init", "--force", folder["project"])).Code);
        Assert.Equal(["Dockerfile", "manifold.yaml"], NamesIn("project"));
    }

    private IEnumerable<string> NamesIn(string path) =>
        Directory.GetFileSystemEntries(folder[path]).Select(each => Path.GetFileName(each)).Order(StringComparer.Ordinal);
}
