using System.Globalization;
using Manifold.Linux;

namespace Manifold.EndToEnd.Support;

/// <summary>One real arm64 Linux for all tests that ask for it: what <c>tests/machines/machine.sh</c> boots, with the program.</summary>
/// <remarks>It ends with this process, however that ends. The base images of this machine's <c>localhost:5001</c> are at its own.</remarks>
public sealed class Arm64Machine : IAsyncDisposable
{
    private const int BasesPort = 5001;
    private static readonly string[] Lacks = ["could not be downloaded", "this needs", "making the disk needs root"];
    private readonly TemporaryFolder folder = new();
    private readonly Lazy<Task<Boot>> booted;

    public Arm64Machine() => booted = new Lazy<Task<Boot>>(BootAsync);

    /// <summary>What came of starting it.</summary>
    private sealed record Boot(HeldProcess? Process, string? Absent);

    /// <summary>Boots it where that was not done yet. Skips where that cannot be.</summary>
    public async Task NeedAsync()
    {
        _ = Arm64Program.Find();
        await Workshop.NeedBusyBox();
        var boot = await booted.Value;
        Assert.SkipWhen(boot.Absent is not null, boot.Absent ?? "");
    }

    /// <summary>The command of ssh that knows it as <c>machine</c>, and as <c>builder</c> for an ordinary user.</summary>
    public string Ssh => $"ssh -F {folder["state/ssh_config"]}";

    /// <summary>The program as root.</summary>
    public Task<Workshop.Outcome> Manifold(params string[] arguments) => Run("machine", ["manifold", .. arguments]);

    /// <summary>The program as an ordinary user.</summary>
    public Task<Workshop.Outcome> ManifoldOfBuilder(params string[] arguments) => Run("builder", ["manifold", .. arguments]);

    /// <summary>Any command as root; what it printed.</summary>
    public async Task<string> Run(params string[] command) => (await Run("machine", command)).Succeeded().Output;

    /// <summary>Copies a folder, and returns its path there.</summary>
    public async Task<string> Put(string path)
    {
        await Script("put", path, "/srv");
        return "/srv/" + Path.GetFileName(path);
    }

    private async Task<Workshop.Outcome> Run(string user, string[] command)
    {
        var line = string.Join(' ', command.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        var result = await Tool.Try("ssh", "-F", folder["state/ssh_config"], user, "--", line);
        return new Workshop.Outcome(result.ExitCode, result.Output, result.Error);
    }

    private async Task<Boot> BootAsync()
    {
        string[] up = [ScriptPath, "--at", folder["state"], "up", "--hold"];
        var started = await HeldProcess.StartAsync("bash", up, folder.Path, CancellationToken.None);
        if (started!.Value is { Failure: { } said } failed)
        {
            failed.Process.Dispose();
            // What make.sh says last where it ends with exit code 77.
            var reason = said.Split("make.sh: ")[^1];
            return reason != said && Lacks.Any(lack => reason.StartsWith(lack, StringComparison.Ordinal))
                ? new Boot(null, $"{char.ToUpper(reason[0], CultureInfo.InvariantCulture)}{reason[1..]}")
                : throw new InvalidOperationException(said);
        }
        File.Copy(Arm64Program.Find(), folder["manifold"]);
        await Script("put", folder["manifold"], "/usr/local/bin");
        await Script("reach", $"{BasesPort}");
        return new Boot(started.Value.Process, null);
    }

    private static string ScriptPath => Path.Combine(Cases.Repository, "tests/machines/machine.sh");

    private Task<string> Script(params string[] arguments) => Tool.Run("bash", [ScriptPath, "--at", folder["state"], .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (booted.IsValueCreated && await booted.Value is { Process: { } process })
            process.Dispose();
        folder.Dispose();
    }
}

/// <summary>Classes of this collection share one <see cref="Arm64Machine"/>.</summary>
[CollectionDefinition(nameof(Arm64Machine))]
public sealed class Arm64MachineCollection : ICollectionFixture<Arm64Machine>;
