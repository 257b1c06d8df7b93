using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Reporting;
using Manifold.Verification.Packages;
using Manifold.Verification.Parity;

namespace Manifold.Tests.Verification;

public sealed class ComparingPlatforms : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public ComparingPlatforms() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task a_package_that_one_platform_lacks_and_version_skew_are_told()
    {
        var report = await Compare(
            [("var/lib/dpkg/status", "Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\n\nPackage: gcc-x86-64-linux-gnu\nVersion: 3\n")],
            [("var/lib/dpkg/status", "Package: a\nVersion: 1.1\n\nPackage: gcc-aarch64-linux-gnu\nVersion: 3\n")]);
        Assert.Equal(["a: 1 | 1.1", "b: 2 | -"], Told(report, ParityTopic.Package));
        Assert.Equal([false, true], report.Differences.Select(difference => difference.IsMissingSomewhere));
    }

    [Fact]
    public async Task files_that_only_have_the_architecture_in_their_name_are_the_same()
    {
        var report = await Compare(
            [
                ("usr/lib/x86_64-linux-gnu/libz.so.1", "x"),
                ("lib64/ld-linux-x86-64.so.2", "x"), ("app/runtimes/linux-x64/native/e.so", "x"),
                ("var/lib/dpkg/info/libc6:amd64.list", "x"),
                ("usr/lib64/libq.so", "x"), ("lib/ld-musl-x86_64.so.1", "x"), ("usr/lib/libc.musl-x86_64.so.1", "x"),
                ("usr/bin/x86_64-linux-gnu-gcc", "x"),
                ("opt/tool_linux_amd64", "x"), ("usr/lib/python3/_x.cpython-311-x86_64-linux-gnu.so", "x"),
            ],
            [
                ("usr/lib/aarch64-linux-gnu/libz.so.1", "x"),
                ("lib/ld-linux-aarch64.so.1", "x"), ("app/runtimes/linux-arm64/native/e.so", "x"),
                ("var/lib/dpkg/info/libc6:arm64.list", "x"),
                ("usr/lib/libq.so", "x"), ("lib/ld-musl-aarch64.so.1", "x"), ("usr/lib/libc.musl-aarch64.so.1", "x"),
                ("usr/bin/aarch64-linux-gnu-gcc", "x"),
                ("opt/tool_linux_arm64", "x"), ("usr/lib/python3/_x.cpython-311-aarch64-linux-gnu.so", "x"),
            ]);
        Assert.Empty(report.Differences);
        Assert.True(report.IsSame);
    }

    [Fact]
    public async Task a_folder_that_one_platform_lacks_is_one_line_with_its_count()
    {
        var report = await Compare([("etc/x", "x"), ("srv/a/1", "x"), ("srv/a/b/2", "x"), ("usr/bin/only", "x")],
            [("etc/x", "x"), ("usr/bin/other", "x")]);
        Assert.Equal(["/srv/: 2 files | -", "/usr/bin/only: there | -", "/usr/bin/other: - | there"], Told(report, ParityTopic.File));
    }

    [Fact]
    public async Task differences_of_the_config_are_told_by_name()
    {
        var image = new SmallImage(store);
        await image.AddAsync("linux/amd64", new ContainerConfig
        {
            Entrypoint = ["/bin/x"],
            Cmd = ["-a"],
            Env = ["PATH=/usr/bin", "LIBS=/usr/lib/x86_64-linux-gnu", "A=1"],
            User = "1",
            WorkingDir = "/a",
            ExposedPorts = Set("80/tcp"),
            Volumes = Set("/data"),
            Labels = Labels("v", "1"),
        });
        await image.AddAsync("linux/arm64", new ContainerConfig
        {
            Entrypoint = ["/bin/y"],
            Cmd = ["-a"],
            Env = ["PATH=/usr/bin", "LIBS=/usr/lib/aarch64-linux-gnu", "A=2", "B=1"],
            User = "2",
            WorkingDir = "/b",
            ExposedPorts = Set("81/tcp"),
            Labels = Labels("v", "2"),
        });
        var report = await ReportAsync(image);
        Assert.Equal(
            [
                "Entrypoint : [\"/bin/x\"] | [\"/bin/y\"]",
                "Environment A: 1 | 2", "Environment B: - | 1", "User : 1 | 2", "WorkingDirectory : /a | /b",
                "Port 80/tcp: yes | -", "Port 81/tcp: - | yes", "Volume /data: yes | -", "Label v: 1 | 2",
            ], report.Differences.Select(difference => $"{difference.Topic} {Line(difference)}"));
    }

    [Fact]
    public async Task the_table_has_only_what_differs_and_says_what_is_the_same()
    {
        var report = await Compare([("etc/x", "x"), ("only", "x")], [("etc/x", "x")]);
        var table = ParityTable.Render(report);
        Assert.Contains("PARITY             linux/amd64  linux/arm64", table, StringComparison.Ordinal);
        Assert.Contains("  /only            there        -", table, StringComparison.Ordinal);
        Assert.Contains("on all platforms: packages, entrypoint, command,", table, StringComparison.Ordinal);
        Assert.DoesNotContain("/etc/x", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_json_has_everything()
    {
        var report = await Compare([("etc/x", "12345")], []);
        var json = JsonDocument.Parse(ParityJson.Write(report)).RootElement;
        Assert.Equal(5, json.GetProperty("platforms")[0].GetProperty("uncompressedBytes").GetInt64());
        Assert.Equal("File", json.GetProperty("differences")[0].GetProperty("topic").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("differences")[0].GetProperty("values")[1].ValueKind);
    }

    [Fact]
    public async Task one_platform_has_nothing_to_compare_with()
    {
        var image = new SmallImage(store);
        await image.AddAsync("linux/amd64", ("x", "x"));
        Assert.Matches("^parity: nothing to compare.*one platform\n$", ParityTable.Render(await ReportAsync(image)));
    }

    private static IEnumerable<string> Told(ParityReport report, ParityTopic topic) =>
        report.Differences.Where(difference => difference.Topic == topic).Select(Line);

    private static string Line(ParityDifference difference) =>
        $"{difference.Name}: {string.Join(" | ", difference.Values.Select(value => value ?? "-"))}";

    private static ImmutableSortedDictionary<string, EmptyObject> Set(string key) =>
        ImmutableSortedDictionary<string, EmptyObject>.Empty.Add(key, new EmptyObject());

    private static ImmutableSortedDictionary<string, string> Labels(string key, string value) =>
        ImmutableSortedDictionary<string, string>.Empty.Add(key, value);

    private async Task<ParityReport> Compare((string, string)[] amd64, (string, string)[] arm64)
    {
        var image = new SmallImage(store);
        await image.AddAsync("linux/amd64", amd64);
        await image.AddAsync("linux/arm64", arm64);
        return await ReportAsync(image);
    }

    private async Task<ParityReport> ReportAsync(SmallImage image)
    {
        await using var source = await image.SourceAsync();
        return ParityReport.Of(await ImageContents.ReadAsync(source));
    }
}
