using System.Globalization;
using System.Text.Json;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>One use of an OCI runtime on a bundle, such that nothing survives us.</summary>
/// <remarks>
/// The runtime is the first process of a process namespace of its own, and asks the kernel to be killed when the thread that started it
/// ends. So however Manifold ends, the kernel ends the runtime, and with the first process all others of its namespace: the container and
/// what it left running.
/// </remarks>
internal sealed record Container
{
    /// <summary>The path of the runtime's program.</summary>
    public required string Runtime { get; init; }

    /// <summary>Holds <c>config.json</c>; the runtime's state and log go there too.</summary>
    public required string Folder { get; init; }

    public required string Id { get; init; }

    private string Log => Path.Combine(Folder, "log");

    /// <summary>Starts on the calling thread, which must be an <see cref="IsolatedThread"/> and stay until the end.</summary>
    public StreamedProcess Start() => StreamedProcess.Start("setpriv",
    [
        "--pdeathsig", "KILL", "--", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
        Runtime, "--root", Path.Combine(Folder, "state"), "--log", Log, "--log-format", "json", "run", "--bundle", Folder, Id,
    ]);

    /// <summary>What the runtime itself complained of, or null where the program ran and any exit code is the program's.</summary>
    public string? Failure()
    {
        if (!File.Exists(Log))
            return null;
        var messages = File.ReadLines(Log).Select(Message).OfType<string>().ToList();
        return messages.Count == 0 ? null : messages[^1];
    }

    private static string? Message(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            // crun of old has no levels
            var level = json.RootElement.TryGetProperty("level", out var property) ? property.GetString() : "error";
            return level is "error" or "fatal" ? json.RootElement.GetProperty("msg").GetString()?.Trim() : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A shell's exit code for a program that could not be started; null for any other failure.</summary>
    public static int? ExitCodeOf(string failure) =>
        failure.Contains("executable file", StringComparison.OrdinalIgnoreCase) || Ends(failure, "no such file or directory") ? 127
        : Ends(failure, "permission denied") || Ends(failure, "exec format error") ? 126
        : null;

    private static bool Ends(string text, string with) => text.TrimEnd('"', '.').EndsWith(with, true, CultureInfo.InvariantCulture);
}
