using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>
/// Where a path leads inside a root folder: links are followed as a process with that root follows them, and never out of it.
/// </summary>
internal static class ScopedPath
{
    /// <summary>The path below <paramref name="root"/> with every link resolved. What is not there is taken as it is written.</summary>
    /// <remarks>Nothing else may change the tree meanwhile: it is a mount that only we know.</remarks>
    public static string Resolve(string root, string path)
    {
        var pending = new Stack<string>(Parts(path).Reverse());
        var resolved = new List<string>();
        var links = 0;
        while (pending.TryPop(out var part))
        {
            if (part == "..")
            {
                if (resolved.Count > 0)
                    resolved.RemoveAt(resolved.Count - 1);
                continue;
            }
            var full = Path.Combine([root, .. resolved, part]);
            if (DirectoryHandle.StatusOf(full) is not { IsSymbolicLink: true })
            {
                resolved.Add(part);
                continue;
            }
            if (++links > Limits.SymbolicLinks)
                throw new IOException($"Resolving '{path}': "
                    + $"it has more than {Limits.SymbolicLinks} symbolic links, which might form a loop.");
            using var folder = DirectoryHandle.Open(Path.Combine([root, .. resolved]));
            var target = folder.ReadLink(part);
            if (target.StartsWith('/'))
                resolved.Clear();
            foreach (var step in Parts(target).Reverse())
                pending.Push(step);
        }
        return Path.Combine([root, .. resolved]);
    }

    private static IEnumerable<string> Parts(string path) => path.Split('/').Where(part => part is not ("" or "."));
}
