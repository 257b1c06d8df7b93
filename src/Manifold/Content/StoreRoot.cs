using Manifold.Linux;

namespace Manifold.Content;

/// <summary>The root of the user's store.</summary>
internal static class StoreRoot
{
    /// <summary><c>$MANIFOLD_ROOT</c>, else <c>/var/lib/manifold</c> for root, else <c>$XDG_DATA_HOME/manifold</c>.</summary>
    public static string Of(IReadOnlyDictionary<string, string> environment)
    {
        return Variable("MANIFOLD_ROOT")
            ?? (User.IsRoot ? "/var/lib/manifold"
                : Path.Combine(Variable("XDG_DATA_HOME") ?? Path.Combine(Variable("HOME") ?? "/tmp", ".local", "share"), "manifold"));

        string? Variable(string name) => environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
    }
}
