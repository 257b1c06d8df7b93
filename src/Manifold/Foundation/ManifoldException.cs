namespace Manifold.Foundation;

/// <summary>The root of what Manifold reports to people: what we were doing, what happened, what to do.</summary>
/// <remarks>The message never holds a secret. Members of the family carry data; the command line maps each to an exit code.</remarks>
public abstract class ManifoldException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// 1 the build or a check failed; 2 wrong usage or wrong file; 3 the registry refused; 4 this machine lacks something.
    /// </summary>
    public abstract int ExitCode { get; }
}

/// <summary>The command line, a file or a name is wrong; nothing was started.</summary>
public sealed class UsageException(string message) : ManifoldException(message)
{
    public override int ExitCode => 2;
}

/// <summary>Content is not what its descriptor promised.</summary>
public sealed class ContentMismatchException(string message) : ManifoldException(message)
{
    public override int ExitCode => 1;
}

/// <summary>This machine lacks something that the work needs; <paramref name="message"/> ends with the command that mends it.</summary>
public sealed class HostNotReadyException(string message, Exception? inner = null) : ManifoldException(message, inner)
{
    public override int ExitCode => 4;
}
