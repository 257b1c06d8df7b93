using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

public sealed class ResolvingNamesInARun
{
    private static readonly ResolverAddresses Pasta = new("10.0.2.3", "fd00::3", AsksLoopback: true),
        Slirp = new("10.0.2.3", null, AsksLoopback: false);

    [Theory]
    [InlineData("nameserver 10.1.1.1\nnameserver 2001:db8::1\nsearch example.org\noptions ndots:2\n")]
    [InlineData("# none\nsearch example.org\n")]
    [InlineData("")]
    public void leaves_a_file_alone_whose_servers_are_in_reach(string text) =>
        Assert.Equal(new ResolverFile(text, null), ResolverFile.Of(text, null, Pasta));

    // BuildKit leaves servers on loopback out (executor/oci/resolvconf.go); what only the machine's own knows still resolves here.
    [Theory]
    [InlineData("nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n", "nameserver 10.0.2.3\noptions edns0 trust-ad\nsearch lan\n")]
    [InlineData("nameserver 127.0.0.1\nnameserver 10.1.1.1\n", "nameserver 10.0.2.3\nnameserver 10.1.1.1\n")]
    [InlineData("nameserver 169.254.169.254\n", "nameserver 10.0.2.3\n")]
    [InlineData("  nameserver\t127.0.0.1  \n", "nameserver 10.0.2.3\n")]
    [InlineData("nameserver 127.0.0.1\nnameserver ::1\n", "nameserver 10.0.2.3\n")]
    public void forwards_to_this_machines_own_where_that_comes_first(string text, string expected) =>
        Assert.Equal(new ResolverFile(expected, "10.0.2.3"), ResolverFile.Of(text, null, Pasta));

    [Theory]
    [InlineData("nameserver ::1\n", "nameserver fd00::3\n")]
    [InlineData("nameserver fe80::1%eth0\n", "nameserver fd00::3\n")]
    public void forwards_by_ipv6_where_no_server_is_asked_otherwise(string text, string expected) =>
        Assert.Equal(new ResolverFile(expected, "fd00::3"), ResolverFile.Of(text, null, Pasta));

    [Theory]
    [InlineData("nameserver 10.1.1.1\nnameserver 127.0.0.1\nnameserver 0.0.0.0\n", "nameserver 10.1.1.1\n")]
    [InlineData("nameserver 10.1.1.1\nnameserver ::ffff:127.0.0.1\n", "nameserver 10.1.1.1\n")]
    public void leaves_out_what_is_out_of_reach_behind_others(string text, string expected) =>
        Assert.Equal(new ResolverFile(expected, null), ResolverFile.Of(text, null, Pasta));

    [Fact]
    public void asks_the_servers_behind_systemd_resolved_where_nothing_forwards() =>
        Assert.Equal(new ResolverFile("nameserver 10.9.9.9\nsearch lan\n", null),
            ResolverFile.Of("nameserver 127.0.0.53\n", "nameserver 10.9.9.9\nsearch lan\n", Slirp));
}
