using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

/// <summary>A run's note of its control group. Whatever is in that group gets killed, so these tests only read.</summary>
public sealed class TheNoteOfAnAbandonedRun : IDisposable
{
    private const string Group = "/a/parent/1234-abcd-12";

    private readonly TemporaryFolder store = new();
    private readonly string folder;

    public TheNoteOfAnAbandonedRun() => folder = Directory.CreateDirectory(Path.Combine(store.Path, "1234-abcd", "run-12")).FullName;

    [Theory]
    [InlineData(Group)]
    [InlineData("//1234-abcd-12")] // --cgroup-parent /
    public void names_its_group(string group) => Assert.Equal(group, Noted(group));

    [Fact]
    public void is_what_the_run_noted()
    {
        var run = new RunFolder(Path.Combine(store.Path, "1234-abcd"), 7);
        run.NoteGroup("/a/parent");
        Assert.Equal(Cgroups.PathOf(run.Id, "/a/parent"), RunFolder.NoteOf(run.Path));
    }

    [Fact]
    public void names_none_where_there_is_none() => Assert.Null(RunFolder.NoteOf(folder));

    [Fact]
    public void names_none_when_it_is_empty_or_cut()
    {
        foreach (var length in Enumerable.Range(0, Group.Length))
            Assert.Null(Noted(Group[..length]));
    }

    [Theory]
    [InlineData("/a/parent/1234-abcd-1")] // another run's
    [InlineData("/a/parent/1234-abcd-120")]
    [InlineData("/a/parent/9999-abcd-12")]
    [InlineData("/system.slice")]
    [InlineData("/")]
    [InlineData("/.")]
    [InlineData("/a/parent/1234-abcd-12/")]
    [InlineData("/a/parent/1234-abcd-12\n")]
    [InlineData("/a/../../../1234-abcd-12")]
    [InlineData("/a/parent/1234-abcd-12/..")]
    [InlineData("1234-abcd-12")]
    [InlineData("a/parent/1234-abcd-12")]
    public void names_none_when_it_is_of_another(string group) => Assert.Null(Noted(group));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("/.")]
    [InlineData("/a/..")]
    [InlineData("/../cgroup")]
    [InlineData("/../..")]
    [InlineData("-of-another/group")]
    public void never_leads_to_a_hierarchy_itself_nor_out_of_it(string group) => Assert.Null(Cgroups.FolderOf(group, "/no/such/cgroup"));

    [Theory]
    [InlineData(Group, "/no/such/cgroup/a/parent/1234-abcd-12")]
    [InlineData("//1234-abcd-12", "/no/such/cgroup/1234-abcd-12")]
    public void leads_to_a_group_in_a_hierarchy(string group, string path) =>
        Assert.Equal(path, Cgroups.FolderOf(group, "/no/such/cgroup"));

    private string? Noted(string text)
    {
        File.WriteAllText(Path.Combine(folder, "control-group"), text);
        return RunFolder.NoteOf(folder);
    }

    public void Dispose() => store.Dispose();
}
