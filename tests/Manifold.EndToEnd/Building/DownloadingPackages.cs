using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// What examples, demo and tests download with <c>examples/debian.sh</c>, from a mirror with three small releases, signed with a key of its
/// own. A mirror is somebody else's machine: it lacks files, is away, or serves what nobody signed.
/// </summary>
[Trait("kind", "end-to-end")]
public sealed class DownloadingPackages(SmallMirror mirror) : IClassFixture<SmallMirror>, IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly StaticServer server = new();

    [Fact]
    public async Task come_from_the_first_release()
    {
        var result = await Download("busybox-static");
        Assert.Equal((0, "trixie\n", ""), (result.ExitCode, result.Output, Lines(result)));
        Assert.Equal("trixie's busybox", await Tool.Run("tar", "-xOf", folder["made.tar"], "./usr/bin/busybox"));
    }

    [Fact]
    public async Task come_from_the_next_release_where_the_mirror_lacks_one_and_the_mirrors_words_are_shown()
    {
        File.Delete(Package("trixie"));
        var result = await Download("busybox-static");
        Assert.Equal((0, "bookworm\n"), (result.ExitCode, result.Output));
        Assert.Equal(
            "trixie does not have all of busybox-static for armhf: "
                + $"{server.Address}/pool/trixie/busybox-static_1_armhf.deb: 404 Not Found\n",
            Lines(result));
    }

    [Fact]
    public async Task are_below_usr_whatever_the_release()
    {
        await Download("busybox-static", releases: "bookworm"); // which has it in /bin
        Assert.Equal("bookworm's busybox", await Tool.Run("tar", "-xOf", folder["made.tar"], "./usr/bin/busybox"));
    }

    [Fact]
    public async Task that_are_not_what_the_signed_list_says_are_refused()
    {
        File.WriteAllBytes(Package("trixie"), [.. File.ReadAllBytes(Package("trixie")).Reverse()]);
        var result = await Download("busybox-static");
        Assert.Equal((0, "bookworm\n"), (result.ExitCode, result.Output));
        Assert.Contains("busybox-static_1_armhf.deb: Hash Sum mismatch", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sed -i 's/^SHA256:/Comment: mine\\n&/' InRelease", "InRelease")]
    [InlineData("gpg --decrypt --quiet InRelease >Release 2>/dev/null; rm InRelease", "is not signed")]
    [InlineData("sed -i 's/^Version: .*/Version: 2/' main/binary-armhf/Packages", "mismatch")]
    public async Task of_a_list_that_is_not_what_was_signed_are_refused(string damage, string said)
    {
        await Tool.Run("env", "-C", folder["mirror/dists/trixie"], "GNUPGHOME=" + folder["keys"], "sh", "-c", damage);
        var result = await Download("busybox-static");
        Assert.Equal((0, "bookworm\n"), (result.ExitCode, result.Output));
        Assert.StartsWith("trixie does not have all of busybox-static for armhf: ", Lines(result), StringComparison.Ordinal);
        Assert.True(result.Error.Contains(said, StringComparison.Ordinal), result.Error);
    }

    [Fact]
    public async Task that_no_release_has_are_told_with_each_releases_reason()
    {
        foreach (var release in Releases)
            File.Delete(Package(release));
        var result = await Download("busybox-static");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        var reasons = string.Concat(Releases.Select(release =>
            $"{release} does not have all of busybox-static for armhf: {server.Address}/pool/{release}/busybox-static_1_armhf.deb: "
            + "404 Not Found\n"));
        Assert.Equal(reasons, Lines(result));
        Assert.Equal(reasons, await File.ReadAllTextAsync(folder["made.tar.why"]));
        Assert.False(File.Exists(folder["made.tar"]) || File.Exists(folder["made.tar.part"]));
    }

    [Fact]
    public async Task of_a_mirror_that_does_not_answer_are_waited_for_once()
    {
        server.Dispose();
        var result = await Download("busybox-static");
        Assert.Equal(1, result.ExitCode);
        Assert.Matches($"^The mirror {server.Address} does not answer: {server.Address}/dists/trixie/InRelease: Could not connect to .*\n$",
            Lines(result));
        var again = await Download("other");
        Assert.Equal((1, ""), (again.ExitCode, Lines(again)));
        Assert.Equal(Lines(result), await File.ReadAllTextAsync(folder["made.tar.why"]));
    }

    private static readonly string[] Releases = ["trixie", "bookworm", "sid"];

    /// <summary>Standard error without the lines that show the elapsed time, which appear only on a slow machine.</summary>
    private static string Lines(ChildProcess.Result result) =>
        Regex.Replace(result.Error, "(?m)^  still downloading .*\n", "");

    private string Package(string release) => folder[$"mirror/pool/{release}/busybox-static_1_armhf.deb"];

    private async Task<ChildProcess.Result> Download(string package, string? releases = null) => (await ChildProcess.RunAsync(
        "bash", ["-c", "set -euo pipefail; . \"$0\"; debian_files arm \"$1\" \"$2\"",
            Path.Combine(Cases.Repository, "examples", "debian.sh"), package, folder["made.tar"]],
        environment: ImmutableSortedDictionary<string, string>.Empty
            .Add("DEBIAN_MIRROR", server.Address).Add("DEBIAN_KEYRING", folder["key.gpg"])
            .Add("DEBIAN_RELEASES", releases ?? string.Join(' ', Releases))
            .Add("debian_away", folder["away"]).Add("TMPDIR", folder.Path).Add("LC_ALL", "C"),
        cancellation: TestContext.Current.CancellationToken))!;

    public async ValueTask InitializeAsync()
    {
        await Tool.Run("cp", "-a", mirror.Get() + "/.", folder.Path);
        server.Folder = folder["mirror"];
    }

    public ValueTask DisposeAsync()
    {
        server.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// A mirror of Debian with three releases of one package each, signed with a key of its own:
/// a class makes it once, and its tests spoil copies.
/// </summary>
public sealed class SmallMirror : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private string? lacking;

    /// <summary>The folder that holds it: <c>mirror</c>, its <c>key.gpg</c>, and <c>keys</c> to sign with.</summary>
    public string Get()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Unpacking packages needs root.");
        Assert.SkipWhen(lacking is not null, $"'{lacking}' is not installed here; test.sh installs it.");
        return folder.Path;
    }

    /// <summary>Three releases with one package each: today's have their programs in /usr/bin, bookworm in /bin.</summary>
    private const string Mirror = """
        set -eu
        export GNUPGHOME=$PWD/keys
        mkdir -m 700 keys
        gpg --batch --quiet --passphrase '' --quick-gen-key mirror@example.org ed25519 sign never 2>/dev/null
        gpg --export >key.gpg
        for release in trixie bookworm sid; do
          bin=usr/bin; [ $release != bookworm ] || bin=bin
          mkdir -p made/$release/DEBIAN made/$release/$bin mirror/pool/$release mirror/dists/$release/main/binary-armhf
          printf "%s's busybox" $release >made/$release/$bin/busybox
          printf 'Package: busybox-static\nVersion: 1\nArchitecture: armhf\nMaintainer: nobody\nDescription: small\n' >made/$release/DEBIAN/control
          deb=pool/$release/busybox-static_1_armhf.deb
          dpkg-deb --root-owner-group --build made/$release mirror/$deb >/dev/null
          cd mirror
          { cat ../made/$release/DEBIAN/control; echo "Filename: $deb"; echo "Size: $(stat -c %s $deb)"; echo "SHA256: $(sha256sum <$deb | cut -d' ' -f1)"; } >dists/$release/main/binary-armhf/Packages
          cd dists/$release
          list=main/binary-armhf/Packages
          { printf 'Suite: %s\nCodename: %s\nVersion: 1\nDate: %s\nArchitectures: armhf\nComponents: main\nSHA256:\n' $release $release "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')"
            echo " $(sha256sum <$list | cut -d' ' -f1) $(stat -c %s $list) $list"; } | gpg --batch --quiet --clearsign >InRelease
          cd ../../..
        done
        """;

    public async ValueTask InitializeAsync()
    {
        lacking = ((string[])["mmdebstrap", "gpg", "dpkg-deb"])
            .FirstOrDefault(program => ChildProcess.Find(program, Environment.GetEnvironmentVariable("PATH")) is null);
        if (lacking is not null)
            return;
        await Tool.Run("env", "-C", folder.Path, "sh", "-c", Mirror);
        await Tool.Run("gpgconf", "--homedir", folder["keys"], "--kill", "all");
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
