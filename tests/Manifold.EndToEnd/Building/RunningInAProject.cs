namespace Manifold.EndToEnd.Building;

/// <summary>What RUNs of a project's images get, and may do: by the command line and by the project's file.</summary>
public sealed class RunningInAProject : WithRuns
{
    private Task<Workshop.Outcome> Bake(string file, string text, string dockerfile, params string[] more)
    {
        var folder = shop.Context(dockerfile);
        File.WriteAllText(Path.Combine(folder, file), text.Replace("FOLDER", folder, StringComparison.Ordinal));
        return shop.Run(more, "bake", "-f", Path.Combine(folder, file), "--progress", "plain");
    }

    [Theory]
    [InlineData("--security=insecure", "security.insecure")]
    [InlineData("--network=host", "network.host")]
    public async Task a_RUN_gets_more_than_the_ordinary_where_that_is_allowed_and_is_refused_by_its_line_where_not(string flag, string what)
    {
        var dockerfile = $"FROM BASE\nRUN {flag} true\n";
        const string yaml = "images: {app: {context: ., platforms: [linux/amd64]}}\n";
        var refused = await Bake("manifold.yaml", yaml, dockerfile);
        Assert.Equal(2, refused.Code);
        Assert.Contains("Dockerfile:2:5: error", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"--allow {what}", refused.Error, StringComparison.Ordinal);
        (await Bake("manifold.yaml", yaml, dockerfile, "--allow", what)).Succeeded();
    }

    [Fact]
    public async Task only_what_there_is_can_be_allowed()
    {
        var outcome = await Bake("manifold.yaml", "images: {app: {context: .}}\n", "FROM BASE\n", "--allow", "network.hots");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("Did you mean network.host?", outcome.Error, StringComparison.Ordinal);
    }

    private const string ShmTest = "RUN [ $(busybox df -k /dev/shm | busybox awk 'NR == 2 {print $2}') = 3072 ]\n",
        LimitTest = "RUN [ $(ulimit -n) = 77 ] && [ $(ulimit -Hn) = 99 ]\n",
        HostTest = "RUN busybox grep -q '^10.1.2.3.*mirror.local' /etc/hosts\n",
        NoNetworkTest = "RUN [ $(busybox ip -o link | busybox wc -l) = 1 ]\n",
        RightsTest = "RUN --security=insecure ! busybox grep -q '^CapEff:.*a80425fb' /proc/self/status\n";

    public static TheoryData<string, string, string> Settings
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var (test, compose, bake) in new[]
            {
                (ShmTest, "shm_size: 3m", "shm-size = \"3m\""),
                (LimitTest, "ulimits: {nofile: {soft: 77, hard: 99}}", "ulimits = [\"nofile=77:99\"]"),
                (HostTest, "extra_hosts: [\"mirror.local:10.1.2.3\"]", "extra-hosts = { \"mirror.local\" = \"10.1.2.3\" }"),
                (HostTest, "extra_hosts: {mirror.local: 10.1.2.3}", ""),
                (NoNetworkTest, "network: none", "network = \"none\""),
                (RightsTest, "privileged: true", ""),
                (RightsTest, "entitlements: [security.insecure]", "entitlements = [\"security.insecure\"]"),
            })
            {
                data.Add("compose.yaml", $"services: {{app: {{build: {{context: ., {compose}}}}}}}\n", test);
                if (bake.Length > 0)
                    data.Add("docker-bake.hcl", $"target \"default\" {{\n  context = \"FOLDER\"\n  {bake}\n}}\n", test);
            }
            data.Add("manifold.yaml",
                "images: {app: {context: ., shm-size: 3m, ulimits: [\"nofile=77:99\"], extra-hosts: "
                    + "[\"mirror.local=10.1.2.3\"], network: none, entitlements: [security.insecure]}}\n",
                ShmTest + LimitTest + HostTest + NoNetworkTest + RightsTest);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task what_the_file_says_of_RUNs_takes_effect(string file, string text, string run) =>
        (await Bake(file, text, "FROM BASE\nARG N=1\n" + run, "--allow", "security.insecure")).Succeeded();

    [Fact]
    public async Task each_image_has_its_own_also_where_they_run_the_same()
    {
        var folder = shop.Context(
            "FROM BASE\nRUN busybox df -k /dev/shm | busybox awk 'NR == 2 {print $2}' > /size\nENTRYPOINT [\"cat\", \"/size\"]\n");
        File.WriteAllText(Path.Combine(folder, "manifold.yaml"),
            "images: {a: {context: ., shm-size: 2m}, b: {context: ., shm-size: 5m}, c: {context: .}}\n");
        (await shop.Run([], "bake", "-f", folder, "--progress", "plain")).Succeeded();
        foreach (var (image, size) in new[] { ("a", "2048"), ("b", "5120"), ("c", "65536") })
            Assert.Contains($"\"{size}\"",
                (await shop.Run([], "verify", $"store:{image}:latest", "--run", "", "--json")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("compose.yaml", "services: {app: {build: {context: ., privileged: true}}}\n",
        "security.insecure (", "compose.yaml:1:50", "--allow security.insecure")]
    [InlineData("docker-bake.hcl", "target \"default\" {\n  context = \"FOLDER\"\n  network = \"host\"\n}\n",
        "network.host (", "docker-bake.hcl:3:13", "--allow network.host")]
    [InlineData("manifold.yaml",
        "images: {app: {context: ., entitlements: [network.host]}}\n", "network.host (", "manifold.yaml:1:43", "--allow network.host")]
    public async Task what_a_file_asks_to_be_allowed_is_refused_with_its_place_until_it_is(
        string file, string text, string what, string place, string mend)
    {
        var refused = await Bake(file, text, "FROM BASE\n");
        Assert.Equal(2, refused.Code);
        Assert.Contains($"the file requests {what}", refused.Error, StringComparison.Ordinal);
        Assert.Contains(place, refused.Error, StringComparison.Ordinal);
        Assert.Contains(mend, refused.Error, StringComparison.Ordinal);
        (await Bake(file, text, "FROM BASE\n", mend.Split(' '))).Succeeded();
    }
}
