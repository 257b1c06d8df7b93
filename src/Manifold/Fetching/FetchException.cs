namespace Manifold.Fetching;

/// <summary>
/// Something that a build takes from elsewhere cannot be had: it is not there, it is not what was promised, or its server does not answer.
/// </summary>
internal sealed class FetchException(string message, Exception? inner = null) : ManifoldException(message, inner)
{
    public override int ExitCode => 3;
}
