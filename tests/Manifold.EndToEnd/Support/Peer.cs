using Manifold.Linux;

namespace Manifold.EndToEnd.Support;

/// <summary>
/// Peers that may run elsewhere than on the path: <c>MANIFOLD_TEST_DOCKER</c> and <c>MANIFOLD_TEST_BUILDAH</c> hold the command
/// with its options, e.g. <c>docker -H unix:///run/other.sock</c>.
/// </summary>
public static class Peer
{
    public static Task<string> Docker(params string[] arguments) => Run("docker", "MANIFOLD_TEST_DOCKER", arguments);

    /// <summary>As <see cref="Docker"/>, with variables <c>NAME=VALUE</c> in its environment.</summary>
    public static Task<string> DockerWith(string[] variables, params string[] arguments) =>
        Run("docker", "MANIFOLD_TEST_DOCKER", arguments, variables);

    /// <summary>The same from a working folder, which the peer must see.</summary>
    public static Task<string> DockerIn(string folder, params string[] arguments) =>
        Environment.GetEnvironmentVariable("MANIFOLD_TEST_DOCKER") is { } command
            && command.Split(' ') is ["chroot", var root, .. var docker]
            ? Tool.Run("chroot", [root, "sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder, .. docker, .. arguments])
            : Tool.Run("env", ["-C", folder, "docker", .. arguments]);

    public static Task<string> Buildah(params string[] arguments) => Run("buildah", "MANIFOLD_TEST_BUILDAH", arguments);

    /// <summary>Where peers see what we see: everywhere, or for <c>chroot ROOT docker …</c> in the folder that holds ROOT.</summary>
    public static string? VisibleFolder =>
        (Environment.GetEnvironmentVariable("MANIFOLD_TEST_DOCKER") ?? "").Split(' ') is ["chroot", var root, ..]
            ? Path.GetDirectoryName(root)
            : null;

    /// <summary>As <see cref="Buildah"/>, for what may fail.</summary>
    internal static async Task<ChildProcess.Result> TryBuildah(params string[] arguments)
    {
        var command = (Environment.GetEnvironmentVariable("MANIFOLD_TEST_BUILDAH") ?? "buildah").Split(' ');
        return await Tool.Try(command[0], [.. command[1..], .. arguments]);
    }

    private static async Task<string> Run(string program, string variable, string[] arguments, params string[] environment)
    {
        var command = (Environment.GetEnvironmentVariable(variable) ?? program).Split(' ');
        Assert.SkipWhen(ChildProcess.Find(command[0], Environment.GetEnvironmentVariable("PATH")) is null,
            $"'{program}' is not installed here, and {variable} does not say where it is.");
        var version = await Tool.Try(command[0], [.. command[1..], "version"]);
        Assert.SkipWhen(version.ExitCode != 0, $"'{program}' does not work here: {version.Error}");
        return await Tool.Run("env", [.. environment, .. command, .. arguments]);
    }
}
