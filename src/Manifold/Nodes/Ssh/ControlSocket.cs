using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Linux;

namespace Manifold.Nodes.Ssh;

/// <summary>The socket through which all sessions of a connection use the first one's login.</summary>
/// <remarks>Its folder is only for this user. Disposing removes the folder.</remarks>
internal sealed partial class ControlSocket : IDisposable
{
    // The path of a socket has at most 107 bytes (unix(7)), and ssh appends a dot and 16 characters while it makes the socket.
    private const int LongestPath = 107 - 17;

    private readonly string folder;
    private int connections;

    /// <param name="workFolder">The preferred parent. If its path is too long for a socket, or has characters that ssh interprets, a
    /// folder for temporary files is used.</param>
    public ControlSocket(string workFolder)
    {
        var name = $"ssh-{Guid.NewGuid():N}"[..12];
        string[] parents = [Path.GetFullPath(workFolder), Path.GetTempPath(), "/tmp"];
        var parent = parents.FirstOrDefault(each => Path.Combine(each, name, "99").Length <= LongestPath && PlainPattern().IsMatch(each))
            ?? "/tmp";
        folder = Path.Combine(parent, name);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Renew();
    }

    /// <summary>The options of the session that logs in.</summary>
    public ImmutableArray<string> OptionsOfFirst { get; private set; }

    /// <summary>The options of the other sessions.</summary>
    public ImmutableArray<string> OptionsOfOthers { get; private set; }

    /// <summary>Chooses another name, because the socket of a lost connection can still be there.</summary>
    public void Renew()
    {
        var path = $"ControlPath={Path.Combine(folder, $"{++connections % 100}")}";
        OptionsOfFirst = ["-o", "ControlMaster=yes", "-o", "ControlPersist=no", "-o", path];
        OptionsOfOthers = ["-o", "ControlMaster=no", "-o", path];
    }

    public void Dispose() => FileTree.Delete(folder);

    [GeneratedRegex(@"\A[A-Za-z0-9/_.,+-]+\z")]
    private static partial Regex PlainPattern();
}
