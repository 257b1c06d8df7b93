using Manifold.Linux;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

/// <summary>Machines that keep ordinary users from user namespaces, each in its own way.</summary>
public sealed class LookingForUserNamespaces : IDisposable
{
    private readonly TemporaryFolder machine = new();

    public LookingForUserNamespaces()
    {
        machine.Write("proc/sys/user/max_user_namespaces", "15000\n");
        machine.Write("proc/sys/kernel/unprivileged_userns_clone", "1\n");
        machine.Write("etc/subuid", "somebody:100000:65536\n");
        machine.Write("etc/subgid", $"somebody:100000:65536\n{Environment.UserName}:165536:65536\n");
    }

    public void Dispose() => machine.Dispose();

    [Fact]
    public async Task AppArmors_restriction_is_named()
    {
        Assert.SkipUnless(User.IsRoot, "Others are first told what concerns them.");
        Assert.SkipWhen(ChildProcess.Find("newuidmap", null) is null,
            "'newuidmap' is not installed here; test.sh installs it (package uidmap).");
        machine.Write("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        Assert.Equal(
            new("kernel.apparmor_restrict_unprivileged_userns is 1", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
            await Survey().FindAsync());
    }

    private UserNamespaceSurvey Survey() => new(Environment.GetEnvironmentVariable("PATH"), machine.Path);
}
