using Manifold.Linux;

namespace Manifold.EndToEnd.Support;

/// <summary>Real programs that judge our output. A test that needs one that is not here is skipped and says so.</summary>
public static class Tool
{
    /// <summary>Skips where one of them is not on the path.</summary>
    public static void Need(params string[] programs)
    {
        foreach (var program in programs)
        {
            Assert.SkipWhen(ChildProcess.Find(program, Environment.GetEnvironmentVariable("PATH")) is null,
                $"'{program}' is not installed here; test.sh installs it.");
        }
    }

    /// <summary>Runs a program that must succeed, and returns its standard output.</summary>
    public static async Task<string> Run(string program, params string[] arguments)
    {
        var result = await Try(program, arguments);
        Assert.True(result.ExitCode == 0,
            $"{program} {string.Join(' ', arguments)}: exit code {result.ExitCode}\n{result.Output}{result.Error}");
        return result.Output;
    }

    internal static async Task<ChildProcess.Result> Try(string program, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(program, arguments);
        Assert.SkipWhen(result is null, $"'{program}' is not installed here; test.sh installs it.");
        return result!;
    }
}
