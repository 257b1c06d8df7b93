using Manifold.Oci;

namespace Manifold.EndToEnd.Cli;

/// <summary>The program is started by <c>setarch</c>, as in a 32-bit chroot: <c>uname -m</c> names another processor.</summary>
public sealed class UnderAnotherPersonality
{
    [Fact]
    public async Task the_native_platform_stays_that_of_the_program()
    {
        using var folder = new TemporaryFolder();
        folder.Write("context/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");

        var plan = await Tool.Run("setarch",
            ["linux32", "env", $"MANIFOLD_ROOT={folder["store"]}", .. OurProgram.Words, "plan", folder["context"]]);

        Assert.Equal(Platform.Host.ToString(), plan.Split('\n')[1].Split(' ')[0]);
    }
}
