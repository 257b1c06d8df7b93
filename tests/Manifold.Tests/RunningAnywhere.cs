namespace Manifold.Tests;

/// <summary>The tests of this project need no root, no network and no other tools, so none of them has a reason to be skipped.</summary>
public sealed class RunningAnywhere
{
    [Fact]
    public void no_test_skips_itself()
    {
        var project = Path.Combine(Cases.Repository, "tests", "Manifold.Tests");
        var files = Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).ToList();
        Assert.True(files.Count > 100, $"{files.Count} files were found.");
        Assert.DoesNotContain(files, file => File.ReadAllText(file).Contains("Assert." + "Skip", StringComparison.Ordinal));
    }

    [Fact]
    public void no_helper_for_other_tools_is_compiled_in()
    {
        string[] others = ["Tool", "Peer", "OurProgram", "Workshop", "OrdinaryUser", "SmallDisk", "DebianRegistry"];
        Assert.DoesNotContain(typeof(RunningAnywhere).Assembly.GetTypes(), type => others.Contains(type.Name));
    }
}
