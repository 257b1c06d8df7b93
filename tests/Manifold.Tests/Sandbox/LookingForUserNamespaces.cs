using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

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

    [Theory]
    [InlineData("user/max_user_namespaces", "0\n", "user.max_user_namespaces is 0", "sudo sysctl -w user.max_user_namespaces=15000")]
    [InlineData("user/max_user_namespaces",
        null, "user.max_user_namespaces is unknown to the kernel", "sudo sysctl -w user.max_user_namespaces=15000")]
    [InlineData("kernel/unprivileged_userns_clone",
        "0\n", "kernel.unprivileged_userns_clone is 0", "sudo sysctl -w kernel.unprivileged_userns_clone=1")]
    public void a_setting_that_forbids_them_is_named_with_the_command_that_allows_them(
        string setting, string? value, string found, string remedy)
    {
        if (value is null)
            File.Delete(machine["proc/sys/" + setting]);
        else
            machine.Write("proc/sys/" + setting, value);
        Assert.Equal(new UserNamespaceSurvey.Obstacle(found, remedy), Survey().OfMachine());
    }

    [Fact]
    public void who_has_no_subordinate_ids_is_told_to_take_some_that_are_free()
    {
        var obstacle = Survey().OfUser();
        Assert.Equal($"/etc/subuid has no line for {Environment.UserName}", obstacle?.Found);
        Assert.Equal($"sudo usermod --add-subuids 165536-231071 --add-subgids 231072-296607 {Environment.UserName}", obstacle?.Remedy);
    }

    [Fact]
    public void who_has_them_is_told_nothing()
    {
        machine.Write("etc/subuid", $"{Environment.UserName}:165536:65536\n");
        Assert.Null(Survey().OfUser());
    }

    private UserNamespaceSurvey Survey() => new(Environment.GetEnvironmentVariable("PATH"), machine.Path);
}
