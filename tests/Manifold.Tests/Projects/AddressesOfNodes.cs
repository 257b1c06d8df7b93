using Manifold.Projects;

namespace Manifold.Tests.Projects;

/// <summary>The texts that are addresses of nodes. None of their parts can be an option of ssh.</summary>
public sealed class AddressesOfNodes
{
    [Theory]
    [InlineData("ssh://pi", null, "pi", null, "pi")]
    [InlineData("ssh://pi/", null, "pi", null, "pi")]
    [InlineData("ssh://builder@pi", "builder", "pi", null, "builder@pi")]
    [InlineData("ssh://builder@pi.example.com:2222", "builder", "pi.example.com", 2222, "-p 2222 builder@pi.example.com")]
    [InlineData("ssh://10.0.0.7:22", null, "10.0.0.7", 22, "-p 22 10.0.0.7")]
    [InlineData("ssh://me@[2001:db8::7]:2222", "me", "2001:db8::7", 2222, "-p 2222 me@2001:db8::7")]
    [InlineData("ssh://[fe80::1%eth0]", null, "fe80::1%eth0", null, "fe80::1%eth0")]
    [InlineData("ssh://a.person@corp.example@host", "a.person@corp.example", "host", null, "a.person@corp.example@host")]
    [InlineData("ssh://Build_Box", null, "Build_Box", null, "Build_Box")]
    public void name_a_user_a_host_and_a_port(string text, string? user, string host, int? port, string arguments)
    {
        var address = NodeAddress.Parse(text);

        Assert.Equal((user, host, port), (address.User, address.Host, address.Port));
        Assert.Equal(arguments, string.Join(' ', address.Arguments));
        Assert.Equal(text.TrimEnd('/'), address.ToString());
    }

    [Theory]
    [InlineData("pi")]
    [InlineData("builder@pi")]
    [InlineData("http://pi")]
    [InlineData("SSH://pi")]
    [InlineData("ssh://")]
    [InlineData("ssh:// pi")]
    [InlineData("ssh://pi\n")]
    [InlineData("ssh://pi/srv")]
    [InlineData("ssh://-oProxyCommand=evil")]
    [InlineData("ssh://-l@pi")]
    [InlineData("ssh://me@-pi")]
    [InlineData("ssh://@pi")]
    [InlineData("ssh://pi:")]
    [InlineData("ssh://pi:0")]
    [InlineData("ssh://pi:65536")]
    [InlineData("ssh://pi:22x")]
    [InlineData("ssh://2001:db8::7")]
    [InlineData("ssh://[2001:db8::7")]
    [InlineData("ssh://[10.0.0.7]")]
    [InlineData("ssh://[::zz]")]
    [InlineData("ssh:pi")]
    [InlineData("ssh://pi;reboot")]
    [InlineData("ssh://[::1::2]")]
    [InlineData("ssh://$(id)@pi")]
    [InlineData("ssh://pi?x=y")]
    [InlineData("ssh://b\u00fccher")]
    public void other_texts_are_refused_with_a_sentence(string text)
    {
        Assert.False(NodeAddress.TryParse(text, out _));
        var sentence = Assert.Throws<FormatException>(() => NodeAddress.Parse(text)).Message;
        Assert.Contains("node", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', sentence);
    }

    [Fact]
    public void a_password_in_one_is_not_shown()
    {
        Assert.False(NodeAddress.TryParse("ssh://me:hunter2@pi", out _));
        var (message, hint) = NodeAddress.Explain("ssh://me:hunter2@pi");
        Assert.DoesNotContain("hunter2", message + hint, StringComparison.Ordinal);
        Assert.Contains("password", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssh://pi/srv", "path")]
    [InlineData("ssh://2001:db8::7", "brackets")]
    [InlineData("ssh://pi:65536", "65535")]
    [InlineData("pi", "ssh://pi")]
    [InlineData("http://pi", "ssh://[user@]host[:port]")]
    public void the_sentence_is_about_the_mistake(string text, string about) =>
        Assert.Contains(about, NodeAddress.Explain(text).Hint, StringComparison.Ordinal);
}
