using Manifold.Oci;
using Manifold.Verification;

namespace Manifold.EndToEnd.Verification;

/// <summary>Images that are right, in all the ways in which they are made: nothing is refused, and nothing is warned of.</summary>
public sealed class CorrectImages
{
    /// <summary>Real programs of this machine, with the libraries that its own loader names, in an image of nothing else.</summary>
    [Theory]
    [InlineData("node", "/usr/bin/node")]
    [InlineData("java", "/usr/bin/java")]
    [InlineData("dotnet", "/usr/share/dotnet/dotnet")]
    [InlineData("python3", "/usr/bin/python3")]
    [InlineData("git", "/usr/bin/git")]
    [InlineData("bash", "/bin/bash")]
    public async Task a_real_program_of_this_machine_passes_with_the_libraries_that_ldd_names(string name, string path)
    {
        Assert.SkipUnless(File.Exists(path), $"'{name}' is not installed here; test.sh installs it.");
        var cpu = Cpu.Five.FirstOrDefault(each => each.Platform == Platform.Host.ToString());
        Assert.SkipWhen(cpu is null, "not one of the five platforms");
        var real = await Tool.Run("readlink", "-f", path);
        var libraries = (await Tool.Run("ldd", real.Trim())).Split('\n').SelectMany(line => line.Split(' ')).Select(word => word.Trim())
            .Where(word => word.StartsWith('/')).Select(Path.GetFullPath).ToList();

        var image = new SampleImage(cpu!).Link("lib", "usr/lib").Link("lib64", "usr/lib64").Real(real.Trim(), real.Trim())
            .Link("usr/local/bin/start", real.Trim()).Cmd("start");
        foreach (var library in libraries)
            image.Real(library.StartsWith("/lib", StringComparison.Ordinal) ? "usr" + library : library, library);
        var report = await image.Check();
        Assert.True(report.Findings.IsEmpty, GateText.Render(report.Findings));
        Assert.Equal(libraries.Count - 1, report.Start.Count(file => file.Role == "library")); // one is the loader
    }
}
