namespace Manifold.Layers;

/// <summary>
/// A layer or an archive is not what it should be; the message names the entry. What was unpacked so far is to be thrown away.
/// </summary>
internal sealed class LayerException(string message, Exception? inner = null) : ManifoldException(message, inner)
{
    public override int ExitCode => 1;
}
