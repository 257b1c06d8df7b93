using Manifold.Fetching;
using Manifold.Publishing.Referrers;

namespace Manifold.EndToEnd.Fetching;

/// <summary>A context may be anybody's: programs that its own git configuration names are not run.</summary>
public sealed class AskingAStrangersRepository : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("log.showSignature=true", "gpg.program=PROGRAM")]
    [InlineData("core.fsmonitor=PROGRAM")]
    [InlineData("extensions.partialClone=origin", "remote.origin.promisor=true", "remote.origin.url=ssh://nowhere.invalid/x",
        "core.sshCommand=PROGRAM", "core.repositoryFormatVersion=1")]
    public async Task what_its_configuration_names_is_not_run(params string[] settings)
    {
        await SignedAsync(settings.Length > 2);
        var program = Program("program", $"touch '{folder["ran"]}'");
        foreach (var setting in settings)
            await Git("config", setting.Split('=')[0], setting.Split('=')[1].Replace("PROGRAM", program, StringComparison.Ordinal));

        var time = await CheckoutTime.FindAsync(folder["repository"], TestContext.Current.CancellationToken);
        await GitCommit.FindAsync(folder["repository"], TestContext.Current.CancellationToken);

        Assert.Equal(settings.Length > 2 ? null : 1500000000, time);
        Assert.False(File.Exists(folder["ran"]));
    }

    /// <param name="isLost">The commit is then in no pack and no file, as in a clone that fetches what it lacks.</param>
    private async Task SignedAsync(bool isLost)
    {
        folder.Write("repository/f", "x");
        await Git("init", "-q", "-b", "main");
        await Git("add", "f");
        var signer = Program("signer", "cat >/dev/null; echo '[GNUPG:] SIG_CREATED ' >&2; echo '-----BEGIN PGP SIGNATURE-----'");
        await Tool.Run("env",
            "GIT_COMMITTER_DATE=1500000000 +0000", "git", "-C", folder["repository"], "-c", $"gpg.program={signer}", "-c", "user.name=a",
            "-c", "user.email=a@example.com", "commit", "-q", "-S", "-m", "x");
        if (isLost)
            Directory.Delete(folder["repository/.git/objects"], recursive: true);
        Directory.CreateDirectory(folder["repository/.git/objects"]);
    }

    private string Program(string name, string text)
    {
        var path = folder.Write(name, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private Task<string> Git(params string[] arguments) => Tool.Run("git", ["-C", folder["repository"], .. arguments]);
}
