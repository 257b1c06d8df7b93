using Manifold.Dockerfile;

namespace Manifold.Nodes.Contexts;

/// <summary>A context that was packed elsewhere and is a folder of this machine now. Disposing it gives the folder back.</summary>
internal sealed class UnpackedContext : IDisposable
{
    private Action? release;

    internal UnpackedContext(string folder, IgnoreRules rules, Action release) => (Folder, Rules, this.release) = (folder, rules, release);

    /// <summary>The folder. Nobody changes it; others may read it too.</summary>
    public string Folder { get; }

    /// <summary>The rules of the folder that was packed. An ignore file in <see cref="Folder"/> may be another one.</summary>
    public IgnoreRules Rules { get; }

    public void Dispose() => Interlocked.Exchange(ref release, null)?.Invoke();
}
