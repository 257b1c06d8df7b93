using System.Text.RegularExpressions;
using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>The native program needs glibc where it runs, OpenSSL for TLS and signatures, and nothing else.</summary>
public sealed partial class StandingAlone : IDisposable
{
    // What Debian's package libc6 brings, among which lies everything that a program may name.
    private static readonly string[] OfGlibc = ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task it_names_no_library_but_those_of_glibc()
    {
        var named = await Tool.Run("readelf", "--dynamic", "--wide", OurProgram.Native());
        var libraries = SharedLibrary().Matches(named).Select(match => match.Groups[1].Value).ToList();
        Assert.Contains("libc.so.6", libraries);
        Assert.DoesNotContain(libraries,
            library => !OfGlibc.Contains(library) && !library.StartsWith("ld-linux-", StringComparison.Ordinal));
    }

    /// <summary>2.34 is that of RHEL 9; Ubuntu 22.04 has 2.35, Debian 12 has 2.36.</summary>
    [Fact]
    public async Task it_asks_for_no_glibc_newer_than_2_34()
    {
        var needs = await Tool.Run("readelf", "--version-info", "--wide", OurProgram.Native());
        var newest = GlibcVersion().Matches(needs).Max(match => Version.Parse(match.Groups[1].Value));
        Assert.NotNull(newest);
        Assert.True(newest <= new Version(2, 34), $"It needs glibc {newest}.");
    }

    [Fact]
    public async Task in_an_empty_root_with_glibc_alone_it_builds_and_pushes_over_plain_http()
    {
        await Workshop.NeedBusyBox();
        var repository = $"localhost:5001/alone-{Guid.NewGuid():N}";
        await MakeRoot();
        folder.Write("root/context/Dockerfile", "FROM localhost:5001/busybox:1\nCOPY file /file\n");
        folder.Write("root/context/file", "content");

        var built = await InRoot("build", "--platform", "linux/amd64,linux/arm64", "-t", $"{repository}:1", "--push",
            "--progress", "quiet", "/context");
        Assert.True(built.ExitCode == 0, built.Error);

        var inspected = await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{repository}:1");
        Assert.Contains("\"arm64\"", inspected, StringComparison.Ordinal);
    }

    [Fact]
    public async Task without_OpenSSL_an_insecure_registry_that_speaks_plain_http_is_reached_and_one_of_TLS_is_told_apart()
    {
        await MakeRoot();
        folder.Write("root/context/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var tls = PemFiles.Write(folder);
        await using var plain = await RunningServer.StartAsync();
        await using var secure = await RunningServer.StartAsync(
            options => options with { TlsCertificate = tls.Certificate, TlsKey = tls.Key });

        var pushed = await PushInsecurely($"localhost:{plain.Port}");
        Assert.True(pushed.ExitCode == 0, pushed.Error);
        var refused = await PushInsecurely($"localhost:{secure.Port}");
        Assert.True(refused.ExitCode == 4, $"exit code {refused.ExitCode}: {refused.Error}");
        Assert.Contains("needs OpenSSL (libssl.so.3)", refused.Error, StringComparison.Ordinal);

        Task<ChildProcess.Result> PushInsecurely(string registry) => InRoot("build", "-t", $"{registry}/image:1", "--push",
            "--verify", "off", "--insecure-registry", registry, "/context");
    }

    [Fact]
    public async Task without_OpenSSL_whatever_needs_it_says_so_and_how_to_get_it()
    {
        await MakeRoot();
        foreach (var (arguments, doing) in ((string[], string)[])
        [
            (["pull", "registry.invalid/image:1"], "Connecting with TLS to 'registry.invalid'"),
            (["key", "generate"], "Generating a key pair"),
        ])
        {
            var result = await InRoot(arguments);
            Assert.True(result.ExitCode == 4, $"exit code {result.ExitCode}: {result.Error}");
            Assert.Contains($"{doing} needs OpenSSL (libssl.so.3)", result.Error, StringComparison.Ordinal);
            foreach (var way in (string[])["apt-get install openssl", "dnf install openssl-libs", "apk add libssl3"])
                Assert.Contains(way, result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("core dumped", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task without_OpenSSL_a_proxy_that_speaks_TLS_is_said_to_need_it()
    {
        await MakeRoot();
        var result = await InRootWith("HTTP_PROXY=https://proxy.invalid:3128",
            "pull", "--insecure-registry", "registry.invalid", "registry.invalid/image:1");
        Assert.True(result.ExitCode == 4, $"exit code {result.ExitCode}: {result.Error}");
        Assert.Contains("Connecting with TLS to 'proxy.invalid:3128' needs OpenSSL", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task with_OpenSSL_and_certificates_it_speaks_TLS_and_makes_keys()
    {
        await MakeRoot(withOpenSsl: true);
        var tls = PemFiles.Write(folder);
        folder.Write("root/certificates/ca.crt", await File.ReadAllTextAsync(tls.Certificate));
        await using var server = await RunningServer.StartAsync(
            options => options with { TlsCertificate = tls.Certificate, TlsKey = tls.Key });

        folder.Write("root/context/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var pushed = await InRoot("build", "-t", $"localhost:{server.Port}/image:1", "--push", "--verify", "off",
            "--cert-dir", "/certificates", "/context");
        Assert.True(pushed.ExitCode == 0, pushed.Error);
        var made = await InRoot("key", "generate");
        Assert.True(made.ExitCode == 0, made.Error);
    }

    /// <summary>A root with the program, glibc and, where asked, OpenSSL: nothing else, no shell.</summary>
    private async Task MakeRoot(bool withOpenSsl = false)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "chroot needs root.");
        var program = OurProgram.Native();
        foreach (var each in (string[])["root/tmp", "root/proc", "root/dev"])
            Directory.CreateDirectory(folder[each]);
        File.Copy(program, folder["root/manifold"]);
        await Tool.Run("mknod", "--mode=666", folder["root/dev/urandom"], "c", "1", "9"); // the kernel's, which every container has
        folder.Write("root/etc/hosts", "127.0.0.1 localhost\n");
        folder.Write("root/etc/resolv.conf", "");
        var libraries = (await Tool.Run("ldd", program)).Split('\n').Select(line => LibraryPath().Match(line))
            .Where(match => match.Success).Select(match => match.Value).ToList();
        if (withOpenSsl)
        {
            var cache = await Tool.Run("ldconfig", "--print-cache");
            libraries.AddRange(((string[])["libssl.so.3", "libcrypto.so.3"]).Select(name => cache.Split('\n')
                .First(line => line.TrimStart().StartsWith(name + " ", StringComparison.Ordinal)).Split("=> ")[1]));
        }
        foreach (var library in libraries)
        {
            var copy = folder["root" + library];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(library, copy, overwrite: true);
        }
    }

    // /proc is the kernel's, too; in a mount namespace of its own it goes away by itself.
    private Task<ChildProcess.Result> InRoot(params string[] arguments) => InRootWith("LANG=C", arguments);

    private async Task<ChildProcess.Result> InRootWith(string variable, params string[] arguments) => await Tool.Try("unshare",
    [
        "--mount", "--", "bash", "-c", $"mount -t proc proc \"$1/proc\" && exec env -i MANIFOLD_ROOT=/store HOME=/ {variable} "
            + "COSIGN_PASSWORD=secret \"$(command -v chroot)\" \"$1\" /manifold \"${@:2}\"", "bash", folder["root"], .. arguments,
    ]);

    [GeneratedRegex(@"\(NEEDED\)\s+Shared library: \[(.+?)\]")]
    private static partial Regex SharedLibrary();

    [GeneratedRegex(@"\bGLIBC_([0-9.]+)")]
    private static partial Regex GlibcVersion();

    [GeneratedRegex(@"/\S+\.so[.0-9]*")]
    private static partial Regex LibraryPath();
}
