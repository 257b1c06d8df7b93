using Manifold.Linux;

namespace Manifold.Tests.Support;

/// <summary>Programs that every Linux system has. What has to be installed first is for the end-to-end tests.</summary>
public static class SystemProgram
{
    /// <summary>Runs a program that must succeed, and returns its standard output.</summary>
    public static async Task<string> Run(string program, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(program, arguments);
        Assert.True(result is not null, $"'{program}' is not installed here.");
        Assert.True(result.ExitCode == 0,
            $"{program} {string.Join(' ', arguments)}: exit code {result.ExitCode}\n{result.Output}{result.Error}");
        return result.Output;
    }
}
