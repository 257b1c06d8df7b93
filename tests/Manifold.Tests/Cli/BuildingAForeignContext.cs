using System.Collections.Immutable;
using System.Net.Sockets;
using Manifold.Cli;

namespace Manifold.Tests.Cli;

/// <summary>A context that somebody else made says of its Dockerfile or ignore file that it is a file of this machine.</summary>
/// <remarks>BuildKit judged the contexts: none of these is read, and a link within the context is.</remarks>
public sealed class BuildingAForeignContext : IDisposable
{
    private const string Song = "canary-of-this-machine";
    private const string Repository = "repository.git";
    private const string Plain = "FROM scratch\nCOPY f /\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();
    private readonly StaticServer server = new();

    public BuildingAForeignContext()
    {
        folder.Write("canary", $"{Song} one\n{Song} two\n");
        folder.Write("context/f", "x");
        folder.Write("context/docker/Real", Plain);
    }

    public static TheoryData<string, string, string> Hostile()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var way in (string[])["folder", "tar", "git", "http"])
            foreach (var name in (string[])["Dockerfile", "Dockerfile.dockerignore", ".dockerignore"])
                foreach (var what in (string[])["canary", "relative", "zero", "environ", "circle", "nowhere"])
                    if (way == "folder" || what is "canary" or "zero" or "relative")
                        rows.Add(way, name, what);
        return rows;
    }

    public void Dispose()
    {
        server.Dispose();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task a_link_out_of_the_context_is_refused_and_nothing_of_its_target_is_shown(string way, string name, string what)
    {
        if (name != "Dockerfile")
            folder.Write("context/Dockerfile", Plain);
        var target = what switch
        {
            "canary" => folder["canary"],
            "relative" => "../../../../../../../../.." + folder["canary"],
            "zero" => "/dev/zero",
            "environ" => "/proc/self/environ",
            "circle" => name,
            _ => "nowhere",
        };
        File.CreateSymbolicLink(folder["context/" + name], target);

        var (code, said) = await BuildAsync(way);

        Assert.Equal(2, code);
        Assert.DoesNotContain(Song, said, StringComparison.Ordinal);
        Assert.Contains($"'{name}'", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("tar")]
    [InlineData("git")]
    [InlineData("http")]
    public async Task a_link_within_the_context_is_followed(string way)
    {
        folder.Write("context/docker/ignored", "docker\n");
        File.CreateSymbolicLink(folder["context/Dockerfile"], "docker/Real");
        File.CreateSymbolicLink(folder["context/.dockerignore"], "/docker/ignored");

        var (code, said) = await BuildAsync(way);

        Assert.True(code == 0, said);
    }

    [Theory]
    [InlineData("Dockerfile", "folder")]
    [InlineData(".dockerignore", "folder")]
    [InlineData("Dockerfile", "tar")]
    [InlineData(".dockerignore", "tar")]
    public async Task a_pipe_is_refused_and_not_waited_for(string name, string way)
    {
        if (name != "Dockerfile")
            folder.Write("context/Dockerfile", Plain);
        await SystemProgram.Run("mkfifo", folder["context/" + name]);

        var (code, said) = await BuildAsync(way);

        Assert.Equal(2, code);
        Assert.Contains("FIFO", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_link_to_a_folder_is_refused_and_the_context_is_named()
    {
        File.CreateSymbolicLink(folder["context/Dockerfile"], "docker");

        var (code, said) = await BuildAsync("folder");

        Assert.Equal(2, code);
        Assert.StartsWith($"manifold: Cannot read 'Dockerfile' in '{folder["context"]}': ", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_socket_is_refused()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["context/Dockerfile"]));

        Assert.Equal(2, (await BuildAsync("folder")).Code);
    }

    [Theory]
    [InlineData("Dockerfile")]
    [InlineData(".dockerignore")]
    public async Task a_file_of_any_size_is_bounded(string name)
    {
        folder.Write("context/Dockerfile", Plain);
        using (var file = new FileStream(folder["context/" + name], FileMode.Create))
            file.SetLength(1L << 36);

        var (code, said) = await BuildAsync("folder");

        Assert.Equal(2, code);
        Assert.Contains("larger than", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tar")]
    [InlineData("git")]
    [InlineData("http")]
    public async Task a_Dockerfile_that_is_named_stays_within_the_context(string way)
    {
        File.CreateSymbolicLink(folder["context/docker/Link"], folder["canary"]);
        File.CreateSymbolicLink(folder["context/out"], folder.Path);

        foreach (var name in (string[])["docker/Link", "out/canary", "../canary", "docker/../../canary"])
        {
            var (code, said) = await BuildAsync(way, "-f", name);
            Assert.Equal(2, code);
            Assert.DoesNotContain(Song, said, StringComparison.Ordinal);
        }
        Assert.Equal(0, (await BuildAsync(way, "-f", "docker/Real")).Code);
    }

    /// <summary>BuildKit reads the first and not the second.</summary>
    [Fact]
    public async Task a_Dockerfile_beside_the_context_stays_in_its_folder()
    {
        folder.Write("elsewhere/below/Real", Plain);
        File.CreateSymbolicLink(folder["elsewhere/Inside"], "below/Real");
        File.CreateSymbolicLink(folder["elsewhere/Outside"], "../canary");

        Assert.Equal(0, (await BuildAsync("folder", "-f", folder["elsewhere/Inside"])).Code);
        var (code, said) = await BuildAsync("folder", "-f", folder["elsewhere/Outside"]);
        Assert.Equal(2, code);
        Assert.DoesNotContain(Song, said, StringComparison.Ordinal);
    }

    /// <summary>BuildKit finds a folder of the context that is a link by the user's own path.</summary>
    [Fact]
    public async Task a_folder_that_the_user_names_may_be_a_link()
    {
        folder.Write("elsewhere/Real", Plain);
        File.CreateSymbolicLink(folder["context/linked"], folder["elsewhere"]);

        Assert.Equal(0, (await BuildAsync("folder", "-f", folder["context/linked/Real"])).Code);
    }

    [Fact]
    public async Task a_named_context_keeps_its_ignore_file_in_it()
    {
        folder.Write("context/Dockerfile", "FROM scratch\nCOPY --from=named f /\n");
        folder.Write("named/f", "x");
        File.CreateSymbolicLink(folder["named/.dockerignore"], folder["canary"]);

        var (code, said) = await BuildAsync("folder", "--build-context", $"named={folder["named"]}");

        Assert.Equal(2, code);
        Assert.DoesNotContain(Song, said, StringComparison.Ordinal);
    }

    /// <summary>A repository that comes in a tar says which programs git runs; nobody asks git of it.</summary>
    [Fact]
    public async Task a_repository_in_an_archive_runs_nothing()
    {
        folder.Write("context/Dockerfile", Plain);
        await SystemProgram.Run("sh", "-c",
            $"cd '{folder["context"]}' && git init -q . && git add f && git -c user.name=a -c user.email=a@b commit -q -m x"
            + $" && printf '* filter=x\\n' >.gitattributes && git config filter.x.clean 'touch {folder["ran"]};cat' && touch f"
            + $" && git config core.fsmonitor 'touch {folder["ran"]};false'");

        await using var registry = await RunningServer.StartAsync();
        var (code, said) = await BuildAsync("tar", "--provenance", "--push", "-t", $"{registry.Authority}/app:1");

        Assert.True(code == 0, said);
        Assert.False(File.Exists(folder["ran"]));
    }

    private async Task<(int Code, string Said)> BuildAsync(string way, params string[] flags)
    {
        var context = folder["context"];
        if (way is "tar" or "http")
            await SystemProgram.Run("tar", "-C", context, "-cf", folder["context.tar"], ".");
        if (way == "git" && !Directory.Exists(folder[Repository]))
            await SystemProgram.Run("sh", "-c",
                $"cd '{context}' && export GIT_DIR='{folder[Repository]}' && git init -q --bare -b main && git --work-tree=. add -A"
                + " && git --work-tree=. -c user.name=a -c user.email=a@b commit -q -m x && git update-server-info");
        server.Folder = folder.Path;
        var address = way switch
        {
            "folder" => context,
            "tar" => "-",
            "git" => $"{server.Address}/{Repository}#main",
            _ => server.Put("context.tar", await File.ReadAllBytesAsync(folder["context.tar"]), "1"),
        };
        using StringWriter output = new(), error = new();
        var cli = new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", folder["store"])
                .Add("PATH", Environment.GetEnvironmentVariables()["PATH"]!.ToString()!),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
            OpenInput = () => File.OpenRead(folder["context.tar"]),
        };
        var code = await Task.Run(() => CommandTree.RunAsync(cli, ["build", .. flags, address])).WaitAsync(Patience);
        return (code, output + error.ToString());
    }
}
