using System.Collections.Immutable;
using Manifold.Cli;

namespace Manifold.Tests.Support;

/// <summary>Runs commands as the program would, with a store of their own.</summary>
internal static class Commanding
{
    public static Task<(int Code, string Output, string Error)> Manifold(TemporaryFolder folder, params string[] arguments) =>
        ManifoldWith(folder, ImmutableSortedDictionary<string, string>.Empty, arguments);

    /// <param name="variables">Of the environment, besides the store's place. Without a HOME among them, the home is a folder of the
    /// test.</param>
    public static async Task<(int Code, string Output, string Error)> ManifoldWith(
        TemporaryFolder folder, ImmutableSortedDictionary<string, string> variables, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = await CommandTree.RunAsync(new CliContext
        {
            Environment = (variables.ContainsKey("HOME") ? variables : variables.Add("HOME", folder["home"]))
                .Add("MANIFOLD_ROOT", folder["store"]),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
        }, arguments);
        return (code, output.ToString(), error.ToString());
    }
}
