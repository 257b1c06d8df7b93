namespace Manifold.Tests.Support;

/// <summary>
/// A RUN that waits until a test releases it, so that the test can do something in the meantime. It needs no
/// network: the test finds the RUN's cache in the store.
/// </summary>
/// <param name="store">The folder of the store.</param>
internal sealed class Pause(string store)
{
    /// <summary>The option of the RUN.</summary>
    public const string Mount = "--mount=type=cache,id=pause,target=/pause";

    /// <summary>Its command, or the part of it that waits.</summary>
    public const string Command = "echo >/pause/here && while [ ! -e /pause/go ]; do busybox sleep 0.05; done";

    /// <summary>Waits until the RUN waits, or until the command has ended without it.</summary>
    public Task Reached(Task command) => Eventually.Is(() => command.IsCompleted || Here() is not null);

    public void GoOn() => File.WriteAllText(Path.Combine(Path.GetDirectoryName(Here()!)!, "go"), "");

    private string? Here()
    {
        var caches = Path.Combine(store, "cache", "mounts");
        try
        {
            return Directory.EnumerateFiles(caches, "here", SearchOption.AllDirectories).FirstOrDefault();
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }
}
