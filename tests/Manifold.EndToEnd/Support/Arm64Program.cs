using System.Runtime.InteropServices;
using Manifold.Linux;

namespace Manifold.EndToEnd.Support;

/// <summary>The program as it is compiled for arm64: named by <c>MANIFOLD_TEST_ARM64_PROGRAM</c>, else where build.sh makes it.</summary>
internal static class Arm64Program
{
    /// <summary>Null where it was not compiled.</summary>
    public static string? TryFind()
    {
        var named = Environment.GetEnvironmentVariable("MANIFOLD_TEST_ARM64_PROGRAM");
        var folder = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "manifold" : "manifold-arm64";
        var path = string.IsNullOrEmpty(named) ? Path.Combine(Cases.Repository, "artifacts", folder, "manifold") : named;
        return File.Exists(path) ? path : null;
    }

    /// <summary>Skips where it was not compiled.</summary>
    public static string Find()
    {
        var path = TryFind();
        Assert.SkipWhen(path is null, "The program for arm64 is not there; './build.sh --arch arm64' makes it.");
        return path;
    }

    /// <summary>The command that runs it here: under qemu-user, with Debian's libraries for arm64, where this is not arm64.</summary>
    public static string[] Here()
    {
        var program = Find();
        if (RuntimeInformation.ProcessArchitecture == Architecture.Arm64)
            return [program];
        Assert.SkipWhen(ChildProcess.Find("qemu-aarch64-static", null) is null,
            "'qemu-aarch64-static' is not installed here; test.sh installs it (package qemu-user-static).");
        string[] roots = [Path.Combine(Cases.Repository, "artifacts/sysroot/arm64"), "/usr/aarch64-linux-gnu"];
        var root = roots.FirstOrDefault(each => File.Exists(Path.Combine(each, "lib/ld-linux-aarch64.so.1")));
        Assert.SkipWhen(root is null, "There are no libraries for arm64 here; './build.sh --arch arm64' fetches them.");
        return ["qemu-aarch64-static", "-L", root, program];
    }
}
