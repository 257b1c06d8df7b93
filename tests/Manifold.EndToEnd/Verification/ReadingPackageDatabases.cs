using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Manifold.Content;
using Manifold.Images;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Verification.Packages;

namespace Manifold.EndToEnd.Verification;

public sealed class ReadingDpkg : IDisposable
{
    private const string Query = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Status}\n";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task says_what_dpkg_query_says_of_this_machine()
    {
        Assert.SkipUnless(File.Exists("/var/lib/dpkg/status"), "this machine has no dpkg database");
        // A copy: packages may be installed meanwhile.
        await SameAsDpkgQuery(folder.Write("status", await File.ReadAllTextAsync("/var/lib/dpkg/status")));
    }

    [Fact]
    public async Task says_what_dpkg_query_says_of_every_platform_of_a_real_image()
    {
        using var client = new RegistryClient(new RegistryOptions());
        using var store = Store.Open(folder["store"]);
        var reference = ImageReference.Parse("127.0.0.1:5001/debian:bookworm");
        try
        {
            Assert.SkipWhen(await client.HeadManifestAsync(reference) is null, "127.0.0.1:5001 has no debian:bookworm");
        }
        catch (RegistryException)
        {
            Assert.Skip("the peers' registry 127.0.0.1:5001 is not here");
        }
        await using var source = new RegistrySource(client, store, reference);
        var contents = await ImageContents.ReadAsync(source);
        Assert.True(contents.Platforms.Length > 1);
        foreach (var platform in contents.Platforms)
        {
            await SameAsDpkgQuery(
                folder.Write($"{platform.Platform.Dashed}/status", Encoding.UTF8.GetString(platform.Read("var/lib/dpkg/status")!)),
                platform.Packages.Packages);
            Assert.Equal(("debian", "12"), (platform.Packages.Release.Id, platform.Packages.Release.VersionId));
        }
    }

    [Fact]
    public void what_was_removed_and_left_its_configuration_is_not_installed()
    {
        var packages = DpkgDatabase.Parse("""
            Package: gone
            Status: deinstall ok config-files
            Version: 1

            Package: here
            Status: install ok installed
            Architecture: arm64
            Source: origin (2:1.0-1)
            Version: 2:1.0-1+b2
            Description: a
             b: c
            """).ToList();
        var here = Assert.Single(packages);
        Assert.Equal(("here", "2:1.0-1+b2", "arm64", "origin", "2:1.0-1"),
            (here.Name, here.Version, here.Architecture, here.Source, here.SourceVersion));
    }

    private static async Task SameAsDpkgQuery(string status, IEnumerable<Package>? found = null)
    {
        var listed = await Tool.Run("dpkg-query", "--admindir", Path.GetDirectoryName(status)!, "-W", "-f", Query);
        var expected = listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))
            .Where(fields => fields[5] is not ("config-files" or "not-installed")).Select(fields => string.Join(' ', fields[..5]));
        var actual = (found ?? DpkgDatabase.Parse(await File.ReadAllTextAsync(status)))
            .Select(package => $"{package.Name} {package.Version} {package.Architecture} {package.Source} {package.SourceVersion}")
            .ToList();
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        Assert.True(actual.Count > 50);
    }
}

public sealed class ReadingRpm(RpmMachine machine) : IClassFixture<RpmMachine>, IDisposable
{
    private const string Query = "%{NAME} %{EVR} %{ARCH} %{LICENSE}\n";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task says_what_rpm_says()
    {
        var database = machine.Database();
        var expected = (await Tool.Run("rpm", "--dbpath", Path.GetDirectoryName(database)!, "-qa", "--qf", Query))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

        var packages = RpmDatabase.Read(await File.ReadAllBytesAsync(database));

        Assert.Equal(3, expected.Length);
        Assert.Equal(expected.Order(StringComparer.Ordinal),
            packages.Select(package => $"{package.Name} {package.Version} {package.Architecture} {package.License}")
                .Order(StringComparer.Ordinal));
        Assert.Equal(("the-tools", "3:1.2-4"), (packages.Single(package => package.Name == "the-tools-devel").Source,
            packages.Single(package => package.Name == "the-tools-devel").SourceVersion));
    }

    [Fact]
    public void damage_anywhere_is_told_or_harmless()
    {
        var database = File.ReadAllBytes(machine.Database());
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var bytes = (byte[])database.Clone();
            for (var i = 0; i < 20; i++)
                bytes[random.Next(16, bytes.Length)] = (byte)random.Next(256);
            try
            {
                RpmDatabase.Read(bytes.AsSpan(0, random.Next(100, bytes.Length)));
                RpmDatabase.Read(bytes);
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Theory]
    [InlineData("CREATE VIEW Packages(blob) AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n;")]
    [InlineData(
        "CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, blob AS (zeroblob(30000000))); INSERT INTO Packages(hnum) VALUES (1), (2), (3);")]
    public async Task a_database_that_computes_instead_of_holding_is_refused(string schema)
    {
        var path = folder["hostile.sqlite"];
        await Tool.Run("python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])", path, schema);
        Assert.Throws<InvalidDataException>(() => RpmDatabase.Read(File.ReadAllBytes(path)));
    }

    [Fact]
    public void a_damaged_header_is_a_header_or_not()
    {
        var whole = SqliteReading.Column(File.ReadAllBytes(machine.Database()), "Packages", "blob")[0];
        Prop.ForAll<int, byte, NonNegativeInt>((at, value, length) =>
        {
            var bytes = whole.ToArray();
            // The counts, the index and the strings, about as often.
            bytes[(at & int.MaxValue) % (at % 2 == 0 ? 120 : bytes.Length)] = value;
            _ = RpmHeader.TryParse(bytes.AsSpan(0, length.Get % 3 == 0 ? length.Get % bytes.Length : bytes.Length));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithQuietOnSuccess(true));
    }

    [Fact]
    public void a_header_that_promises_more_than_it_has_is_none()
    {
        byte[] header = [0, 0, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 3, 0xE8, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1, (byte)'x', 0];
        Assert.Null(RpmHeader.TryParse(header));
    }
}

public sealed class ReadingPackagesOfImages : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public ReadingPackagesOfImages() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task an_alpine_database_has_licences_and_origins()
    {
        var inventory = await Inventory(
            ("etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n"),
            ("lib/apk/db/installed", "C:Q1x=\nP:libcrypto3\nV:3.3.1-r0\nA:aarch64\nL:Apache-2.0\n"
                + "o:openssl\nF:usr/lib\nR:libcrypto.so.3\nZ:Q1y=\n\nC:Q1z=\nP:musl\nV:1.2.5-r0\nA:aarch64\nL:MIT\no:musl\n\n"));
        Assert.Equal(["libcrypto3 3.3.1-r0 Apache-2.0 openssl", "musl 1.2.5-r0 MIT musl"],
            inventory.Packages.Select(package => $"{package.Name} {package.Version} {package.License} {package.Source}"));
        Assert.Equal("pkg:apk/alpine/libcrypto3@3.3.1-r0?arch=aarch64&distro=alpine-3.20.1&upstream=openssl",
            PackageUrl.Of(inventory.Packages[0], inventory.Release));
    }

    [Fact]
    public async Task images_without_dpkg_have_a_file_for_each_package()
    {
        var inventory = await Inventory(
            ("usr/lib/os-release", "ID=\"debian\"\nVERSION_ID=\"12\"\n"), ("etc/os-release", "-> ../usr/lib/os-release"),
            ("var/lib/dpkg/status.d/base-files", "Package: base-files\nVersion: 12.4+deb12u5\nArchitecture: amd64\n"),
            ("var/lib/dpkg/status.d/base-files.md5sums", "Package: no\nVersion: 1\n"));
        Assert.Equal("pkg:deb/debian/base-files@12.4%2Bdeb12u5?arch=amd64&distro=debian-12",
            PackageUrl.Of(Assert.Single(inventory.Packages), inventory.Release));
    }

    [Fact]
    public async Task an_upper_layer_replaces_the_database_and_a_whiteout_removes_it()
    {
        var image = new SmallImage(store);
        var below = SmallImage.Text(("var/lib/dpkg/status", "Package: a\nVersion: 1\n"));
        await image.AddAsync("linux/amd64",
            new ContainerConfig(), below, SmallImage.Text(("var/lib/dpkg/status", "Package: a\nVersion: 2\n")));
        await image.AddAsync("linux/arm64", new ContainerConfig(), below, SmallImage.Text(("var/lib/dpkg/.wh.status", "")));
        await using var source = await image.SourceAsync();
        var contents = await ImageContents.ReadAsync(source);
        Assert.Equal("2", Assert.Single(contents.Platforms[0].Packages.Packages).Version);
        Assert.Empty(contents.Platforms[1].Packages.Packages);
    }

    [Theory]
    [InlineData("var/lib/rpm/Packages", "Berkeley DB")]
    [InlineData("usr/lib/sysimage/rpm/Packages.db", "ndb")]
    [InlineData("var/lib/rpm/rpmdb.sqlite", "not a SQLite database")]
    public async Task a_database_that_is_not_readable_is_named(string path, string reason)
    {
        var inventory = await Inventory((path, "\0\u0001bdb"));
        Assert.Contains(reason, Assert.Single(inventory.Unreadable), StringComparison.Ordinal);
        Assert.Contains("/" + path, inventory.Unreadable[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_database_under_two_names_is_counted_once()
    {
        var inventory = await Inventory(("usr/lib/sysimage/rpm/Packages", "x"), ("var/lib/rpm", "-> ../../usr/lib/sysimage/rpm"));
        Assert.Single(inventory.Unreadable);
    }

    [Fact]
    public async Task links_in_a_circle_are_no_database()
    {
        var inventory = await Inventory(("var/lib/dpkg/status", "-> status"), ("etc/os-release", "-> /etc/os-release"));
        Assert.Empty(inventory.Packages);
    }

    [Fact]
    public void any_text_is_a_database()
    {
        var lines = Gen.Elements("Package: a", "Version: 1",
            "Status: install", "Status:", "Source: (", "Source: a ()", "P:", "P:x", "V:1", ":", " :", "\t", "", "\r", "ID=", "ID=\"", "=");
        Prop.ForAll(lines.ListOf().ToArbitrary(), some => Read(string.Join('\n', some)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithQuietOnSuccess(true));
        Prop.ForAll<NonNull<string>>(text => Read(text.Get)).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithQuietOnSuccess(true));

        static void Read(string text)
        {
            Assert.All(DpkgDatabase.Parse(text).Concat(ApkDatabase.Parse(text)), package => Assert.NotEqual("", package.Name));
            _ = OsRelease.Parse(text);
        }
    }

    private async Task<PackageInventory> Inventory(params (string Path, string Content)[] files)
    {
        var image = new SmallImage(store);
        await image.AddAsync("linux/arm64", files);
        await using var source = await image.SourceAsync();
        return Assert.Single((await ImageContents.ReadAsync(source)).Platforms).Packages;
    }
}

/// <summary>A database that rpm itself wrote, with two packages of one source and one more.</summary>
public sealed class RpmMachine : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    public string Database()
    {
        Assert.SkipUnless(IsHere, "'rpmbuild' is not installed here; test.sh installs it (package rpm).");
        return folder["root/usr/lib/sysimage/rpm/rpmdb.sqlite"];
    }

    private static bool IsHere => ChildProcess.Find("rpmbuild", "/usr/bin:/bin") is not null;

    public async ValueTask InitializeAsync()
    {
        if (!IsHere)
            return;
        var spec = folder.Write("tools.spec", """
            Name: the-tools
            Epoch: 3
            Version: 1.2
            Release: 4
            Summary: tools
            License: GPLv2+ and MIT
            %description
            x
            %package devel
            Summary: more
            License: MIT
            %description devel
            x
            %files
            %files devel
            """);
        var other = folder.Write("other.spec",
            "Name: other\nVersion: 7\nRelease: 1\nSummary: x\nLicense: Apache-2.0\nBuildArch: noarch\n%description\nx\n%files\n");
        foreach (var file in new[] { spec, other })
            await Tool.Run("rpmbuild",
                "-bb", "--quiet", "--define", $"_topdir {folder["build"]}", "--define", "_build_id_links none", file);
        var rpms = Directory.GetFiles(folder["build"], "*.rpm", SearchOption.AllDirectories);
        await Tool.Run("rpm", ["--root",
            folder["root"], "--dbpath", "/usr/lib/sysimage/rpm", "-i", "--nodeps", "--justdb", "--noscripts", "--ignorearch", .. rpms]);
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
