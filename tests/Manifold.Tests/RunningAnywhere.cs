namespace Manifold.Tests;

/// <summary>
/// The tests of this project need no network and no other tools. The few that unpack layers need root, and are skipped without it.
/// </summary>
public sealed class RunningAnywhere
{
    [Fact]
    public void a_test_skips_itself_only_where_it_needs_root()
    {
        var project = Path.Combine(Cases.Repository, "tests", "Manifold.Tests");
        var files = Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).ToList();
        Assert.True(files.Count > 100, $"{files.Count} files were found.");
        var skips = files.SelectMany(File.ReadLines).Where(line => line.Contains("Assert." + "Skip", StringComparison.Ordinal));
        Assert.All(skips, line => Assert.Contains("Environment.IsPrivilegedProcess", line, StringComparison.Ordinal));
    }

    [Fact]
    public void no_helper_for_other_tools_is_compiled_in()
    {
        string[] others = ["Tool", "Peer", "OurProgram", "Workshop", "OrdinaryUser", "SmallDisk", "DebianRegistry"];
        Assert.DoesNotContain(typeof(RunningAnywhere).Assembly.GetTypes(), type => others.Contains(type.Name));
    }
}
