using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

/// <summary>
/// Whom USER names. Source: BuildKit's executor/oci/user.go and moby/sys/user, and its tests testUser and testUserAdditionalGids.
/// </summary>
public sealed class ContainerUserTests
{
    private const string Users =
        "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/usr/sbin:/bin/false\ndockerio:x:1001:1001::/bin:/bin/false\n";
    private const string Groups = "root:x:0:\ndaemon:x:1:\nwheel:x:10:root\ndockerio:x:1001:\nsupplementary:x:1002:dockerio\n";

    [Theory]
    [InlineData("", "0:0 0,10")]
    [InlineData("root", "0:0 0,10")]
    [InlineData("0", "0:0 0,10")]
    [InlineData("1234", "1234:0 0")]
    [InlineData("1234:1234", "1234:1234 1234")]
    [InlineData("daemon", "1:1 1")]
    [InlineData("dockerio", "1001:1001 1001,1002")]
    [InlineData("1001", "1001:1001 1001,1002")]
    [InlineData("dockerio:dockerio", "1001:1001 1001")]
    [InlineData("dockerio:supplementary", "1001:1002 1002")]
    [InlineData("1001:supplementary", "1001:1002 1002")]
    [InlineData(":supplementary", "0:1002 1002")]
    [InlineData(":77", "0:77 77")]
    [InlineData("dockerio:", "1001:1001 1001,1002")]
    [InlineData("root:root", "0:0 0")]
    public void is_who_the_files_say(string user, string expected) => Assert.Equal(expected, Resolve(user, files: true));

    [Theory]
    [InlineData("", "0:0 0")]
    [InlineData("root:root", "0:0 0")]
    [InlineData("0", "0:0 0")]
    [InlineData(":77", "0:77 77")]
    [InlineData("root:7", "0:7 7")]
    public void is_a_number_where_there_are_no_files(string user, string expected) => Assert.Equal(expected, Resolve(user, files: false));

    [Theory, InlineData("anna"), InlineData("root:staff"), InlineData(":staff")]
    public void is_refused_where_the_files_do_not_know_it(string user) => Assert.Throws<UsageException>(() => Resolve(user, files: true));

    private static string Resolve(string user, bool files)
    {
        using var root = new TemporaryFolder();
        if (files)
        {
            root.Write("etc/passwd", Users);
            root.Write("etc/group", Groups);
        }
        var found = ContainerUser.Resolve(root[""], user);
        return $"{found.Uid}:{found.Gid} {string.Join(',', found.Groups)}";
    }
}
