using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>What packaging/release.sh makes of the native program, and how people install it.</summary>
[Trait("kind", "end-to-end")]
public sealed class InstallingARelease(ReleaseFiles release) : IClassFixture<ReleaseFiles>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task the_checksums_are_those_of_the_files()
    {
        await release.NeedAsync();

        await Tool.Run("env", "-C", release.Folder, "sha256sum", "--check", "--strict", "SHA256SUMS");
        var listed = await File.ReadAllLinesAsync(Path.Combine(release.Folder, "SHA256SUMS"));
        Assert.Equal(Directory.GetFiles(release.Folder).Length - 1, listed.Length);
    }

    [Fact]
    public async Task a_tarball_unpacks_to_a_program_with_its_pages_completions_and_licences()
    {
        await release.NeedAsync();
        Directory.CreateDirectory(folder["local"]);

        await Tool.Run("tar", "-xzf", release["manifold-*-linux-amd64.tar.gz"], "-C", folder["local"], "--strip-components", "1");

        Assert.StartsWith("manifold 0", await Tool.Run(folder["local/bin/manifold"], "--version"), StringComparison.Ordinal);
        AssertBrings("local/share");
        Assert.True(File.Exists(folder["local/share/doc/manifold/LICENSE"]));
        var notices = await File.ReadAllTextAsync(folder["local/share/doc/manifold/THIRD-PARTY-NOTICES"]);
        string[] parts =
        [
            "NativeAOT", "YamlDotNet", "Tomlyn", "Polly.Core", "libzstd", "libsqlite3", "libsodium", "libcrypt", "libssl", "libc6-dev",
            "GCC RUNTIME LIBRARY EXCEPTION", "LESSER GENERAL PUBLIC",
        ];
        Assert.All(parts, part => Assert.Contains(part, notices, StringComparison.Ordinal));
        Assert.Contains("manifold-build", await Tool.Run("man", "-l", folder["local/share/man/man1/manifold.1"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_Debian_package_installs_says_what_it_needs_and_goes_without_a_trace()
    {
        await release.NeedAsync();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "dpkg needs root.");
        var package = release["manifold_*_amd64.deb"];
        Directory.CreateDirectory(folder["root/var/lib/dpkg/updates"]);
        foreach (var file in (string[])["status", "available"])
            folder.Write($"root/var/lib/dpkg/{file}", "");
        Directory.CreateDirectory(folder["root/var/lib/dpkg/info"]);

        await Tool.Run("dpkg", $"--root={folder["root"]}", "--force-depends", "--force-not-root", "--log=/dev/null", "--install", package);

        Assert.StartsWith("manifold 0", await Tool.Run(folder["root/usr/bin/manifold"], "--version"), StringComparison.Ordinal);
        AssertBrings("root/usr/share", gzipped: true);
        Assert.Matches(@"^libc6 \(>= 2\.[0-9]+\)\n$", await Tool.Run("dpkg-deb", "--field", package, "Depends"));
        await Tool.Run("dpkg", $"--root={folder["root"]}", "--log=/dev/null", "--purge", "manifold");
        Assert.False(Directory.Exists(folder["root/usr"]));
    }

    [Fact]
    public async Task lintian_finds_no_error_in_the_Debian_package()
    {
        await release.NeedAsync();

        var said = await Tool.Try("lintian", "--allow-root", "--fail-on", "error,warning", release["manifold_*_amd64.deb"]);

        Assert.True(said.ExitCode == 0, said.Output + said.Error);
    }

    [Fact]
    public async Task dotnet_installs_the_native_program_as_a_tool()
    {
        await release.NeedAsync();
        folder.Write("nuget.config", $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{folder["packages"]}" /></config>
              <packageSources><clear /><add key="release" value="{release.Folder}" /></packageSources>
            </configuration>
            """);

        await Tool.Run("env", "-C", folder.Path, $"DOTNET_CLI_HOME={folder["home"]}", "DOTNET_NOLOGO=1",
            "dotnet", "tool", "install", "manifold.tool", "--configfile", folder["nuget.config"], "--tool-path", folder["tools"]);

        Assert.StartsWith("manifold 0", await Tool.Run(folder["tools/manifold"], "--version"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder["tools"], "Manifold*.dll", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task packed_again_elsewhere_and_later_the_files_are_the_same_to_the_byte()
    {
        // Any program does: what is packed is not looked at. One for each architecture, so that all files are made.
        var pages = folder.Write("pages", "#!/bin/sh\nif [ \"$1\" = man ]; then echo page >\"$2/manifold.1\"; else echo \"$@\"; fi\n");
        File.SetUnixFileMode(pages, (UnixFileMode)0b111_101_101);
        foreach (var architecture in (string[])["amd64", "arm64"])
        {
            Directory.CreateDirectory(folder[$"programs/{architecture}"]);
            File.Copy("/usr/bin/true", folder[$"programs/{architecture}/manifold"]);
        }
        ReleaseFiles.NeedTools();

        await ReleaseFiles.PackAsync(folder["programs"], folder["one"], pages);
        Directory.Move(folder["programs"], folder["elsewhere"]);
        foreach (var file in Directory.GetFiles(folder["elsewhere"], "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await ReleaseFiles.PackAsync(folder["elsewhere"], folder["deep/er/two"], pages);

        Assert.Equal(8, Directory.GetFiles(folder["one"]).Length);
        Assert.Equal("", await Tool.Run("diff", "-r", folder["one"], folder["deep/er/two"]));
    }

    private void AssertBrings(string share, bool gzipped = false)
    {
        var end = gzipped ? ".gz" : "";
        string[] files =
        [
            "bash-completion/completions/manifold", "fish/vendor_completions.d/manifold.fish",
            gzipped ? "zsh/vendor-completions/_manifold" : "zsh/site-functions/_manifold",
            $"man/man1/manifold.1{end}", $"man/man1/manifold-index-add.1{end}",
        ];
        Assert.All(files, file => Assert.True(new FileInfo(folder[$"{share}/{file}"]) is { Exists: true, Length: > 0 }, file));
    }
}

/// <summary>The files of a release, packed once of the native program for amd64.</summary>
public sealed class ReleaseFiles : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Lazy<Task> packed;

    public ReleaseFiles() => packed = new(async () =>
    {
        Directory.CreateDirectory(folder["programs/amd64"]);
        File.CreateSymbolicLink(folder["programs/amd64/manifold"], OurProgram.Native());
        await PackAsync(folder["programs"], Folder);
    });

    public string Folder => folder["release"];

    /// <summary>The one file with such a name.</summary>
    public string this[string pattern] => Assert.Single(Directory.GetFiles(Folder, pattern));

    public async Task NeedAsync()
    {
        OurProgram.Native();
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "This packs the program for amd64.");
        NeedTools();
        await packed.Value;
    }

    public static void NeedTools()
    {
        Tool.Need("dpkg-deb", "readelf", "python3", "xz", "git");
        Assert.SkipUnless(Directory.Exists(Path.Combine(Cases.Repository, "artifacts/sysroot")),
            "The licences of the libraries are not there; ./build.sh fetches them.");
    }

    public static async Task PackAsync(string programs, string into, string? pages = null)
    {
        var environment = ImmutableSortedDictionary<string, string>.Empty
            .Add("MANIFOLD_RELEASE_PROGRAMS", programs).Add("MANIFOLD_RELEASE_FOLDER", into).Add("SOURCE_DATE_EPOCH", "1772000000");
        if (pages is not null)
            environment = environment.Add("MANIFOLD_RELEASE_PAGES", pages);
        var result = await ChildProcess.RunAsync(Path.Combine(Cases.Repository, "packaging/release.sh"), [],
            environment: environment, cancellation: TestContext.Current.CancellationToken);
        Assert.True(result!.ExitCode == 0, result.Error);
    }

    public void Dispose() => folder.Dispose();
}
