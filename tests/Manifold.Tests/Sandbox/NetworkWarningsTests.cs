using System.Collections.Immutable;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Solving;

namespace Manifold.Tests.Sandbox;

public sealed class WarningOfTheNetworkOfRuns
{
    private static readonly NetworkAccess Own = new() { Kind = NetworkKind.Private, Program = "/usr/bin/pasta" };

    [Theory]
    [InlineData("http://127.0.0.1:3128")]
    [InlineData("http://user:secret@localhost:3128/")]
    [InlineData("127.0.0.1:3128")]
    [InlineData("socks5h://[::1]:1080")]
    [InlineData("http://0.0.0.0:3128")]
    public void names_a_proxy_that_listens_on_loopback_without_its_password(string proxy)
    {
        var message = Assert.Single(RunNetworkWarnings.Of(Steps("http_proxy", proxy), Own));
        Assert.Contains("http_proxy", message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("--network=host", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP_PROXY", "http://proxy.example.org:3128")]
    [InlineData("HTTP_PROXY", "http://10.0.0.7:3128")]
    [InlineData("NO_PROXY", "127.0.0.1,localhost")]
    [InlineData("HTTP_PROXY", "")]
    public void says_nothing_of_others(string name, string value) => Assert.Empty(RunNetworkWarnings.Of(Steps(name, value), Own));

    [Fact]
    public void says_nothing_where_the_network_is_the_containers_or_no_run_depends_on_it()
    {
        Assert.Empty(RunNetworkWarnings.Of(Steps("HTTP_PROXY", "http://127.0.0.1:1"), new NetworkAccess { Kind = NetworkKind.Container }));
        Assert.False(RunNetworkWarnings.Matter(Plan("FROM scratch\nRUN --network=none true\n")));
    }

    [Fact]
    public void says_why_this_machines_network_is_shared_and_what_to_install() =>
        Assert.EndsWith(
            "127.0.0.1: neither pasta nor slirp4netns is installed. Run: apt-get install passt",
            Assert.Single(RunNetworkWarnings.Of(Steps("A", "b"),
                new NetworkAccess
                {
                    Kind = NetworkKind.Machine,
                    Reason = "neither pasta nor slirp4netns is installed",
                    Remedy = "apt-get install passt"
                })),
            StringComparison.Ordinal);

    private static IEnumerable<Step> Steps(string name, string value) => Plan("FROM scratch\nRUN true\n", (name, value));

    private static IEnumerable<Step> Plan(string text, params (string Name, string Value)[] arguments) =>
        new Planner(DockerfileParser.Parse("Dockerfile", text).Tree, new BuildRequest
        {
            ContextFolder = "/",
            Platforms = [Platform.Host],
            BuildArguments = arguments.ToImmutableSortedDictionary(argument => argument.Name, argument => argument.Value),
        }).Plan(new Dictionary<(ImageReference, Platform), BaseImage>()).Steps;
}
