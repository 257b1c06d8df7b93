using System.Collections.Immutable;
using Manifold.Linux;

namespace Manifold.Images.Outputs;

/// <summary>
/// The docker or podman of this machine, as far as images are handed to it: whichever is there and answers, docker first.
/// </summary>
/// <param name="name">For people.</param>
/// <param name="program">The full path of its command.</param>
/// <param name="environment">Variables of the user, which say where docker's daemon is: DOCKER_HOST, DOCKER_CONTEXT.</param>
internal sealed class ContainerEngine(string name, string program, ImmutableSortedDictionary<string, string> environment)
{
    private static readonly (string Name, string[] Question)[] Known =
    [
        ("docker", ["version", "--format", "{{.Server.Version}}"]),
        ("podman", ["info", "--format", "{{.Version.Version}}"]),
    ];

    public string Name => name;

    /// <summary>Asks those that are installed. Belongs before long work: a build for nobody is work for nothing.</summary>
    /// <exception cref="HostNotReadyException">None is there, or none answers; the message says what each of them said.</exception>
    public static async Task<ContainerEngine> FindAsync(
        ImmutableSortedDictionary<string, string> environment, CancellationToken cancellation)
    {
        var silent = new List<string>();
        foreach (var (name, question) in Known)
        {
            if (ChildProcess.Find(name, environment.GetValueOrDefault("PATH")) is not { } program)
                continue;
            var answer =
                await ChildProcess.RunAsync(program, question, environment: environment, cancellation: cancellation).ConfigureAwait(false);
            if (answer is { ExitCode: 0 })
                return new ContainerEngine(name, program, environment);
            silent.Add($"{name} does not answer: {FirstLine(answer?.Error ?? "it cannot be started")}");
        }
        throw new HostNotReadyException(silent.Count > 0
            ? $"--load: {string.Join("; ", silent)} Start it (systemctl start docker), or write an archive: -o type=docker,dest=FILE.tar"
            : "--load: neither docker nor podman is installed. Install one, or write an archive for another machine: "
                + "-o type=docker,dest=FILE.tar");
    }

    /// <summary>
    /// Hands it an archive, and returns the names under which it has the image; it tells an id where the archive has no names.
    /// </summary>
    /// <exception cref="EngineRefusedException">It does not take the archive.</exception>
    public async Task<ImmutableArray<string>> LoadAsync(Func<ArchiveDestination, Task> write, CancellationToken cancellation)
    {
        var done = await ChildProcess.FeedAsync(
            program, ["load"], input => write(ArchiveDestination.ToStream(input)), environment, cancellation).ConfigureAwait(false);
        if (done is not { ExitCode: 0 })
            throw new EngineRefusedException($"--load: {name} rejected the image: {FirstLine(done?.Error ?? "it cannot be started")}");
        // "Loaded image: NAME", "Loaded image ID: sha256:…", "Loaded image(s): NAME, NAME"
        return [.. done.Output.Split('\n').Where(line => line.StartsWith("Loaded image", StringComparison.Ordinal))
            .SelectMany(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split(", ",
                StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
    }

    private static string FirstLine(string text)
    {
        var line = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault()
            ?? "it gave no reason";
        return line[^1] is '.' or '?' or '!' ? line : line + ".";
    }
}

/// <summary>Docker or podman refuses an image.</summary>
internal sealed class EngineRefusedException(string message) : ManifoldException(message)
{
    public override int ExitCode => 1;
}
