namespace Manifold.Tests.Cli;

/// <summary>What of a bake only the command line can say.</summary>
public sealed class BakingWhereFlagsDecide : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public BakingWhereFlagsDecide() => folder.Write("p/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");

    public void Dispose() => folder.Dispose();

    /// <remarks>docker buildx bake loads such a target by itself.</remarks>
    [Fact]
    public async Task an_output_that_is_loaded_with_a_flag_alone_is_told()
    {
        var file = folder.Write("docker-bake.hcl", $"target \"app\" {{\n context = \"{folder["p"]}\"\n output = [\"type=docker\"]\n}}\n");
        var (code, _, error) = await Commanding.Manifold(folder, "bake", "-f", file, "app");
        Assert.True(code == 0, error);
        var warning = Assert.Single(error.Split('\n'), line => line.Contains("app: output 'type=docker'", StringComparison.Ordinal));
        Assert.Contains("--load", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_project_is_locked_with_the_variables_that_it_is_built_with()
    {
        var file = folder.Write("docker-bake.hcl", "variable \"FOLDER\" { default = \"/nowhere\" }\ntarget \"app\" { context = FOLDER }\n");
        var (code, _, error) = await Commanding.Manifold(folder, "lock", "-f", file, "app", "--var", $"FOLDER={folder["p"]}");
        Assert.True(code == 0, error);
        Assert.True(File.Exists(folder["manifold.lock"]));
    }
}
