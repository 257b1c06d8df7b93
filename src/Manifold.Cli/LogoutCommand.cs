using System.CommandLine;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary><c>manifold logout</c>: forgets what <c>manifold login</c> kept.</summary>
internal static class LogoutCommand
{
    public static Command Create(CliContext context)
    {
        var registry = LoginCommand.RegistryArgument();
        var authFile = RegistryAccess.AuthFileOption();
        var command = new Command("logout", "Log out of a registry.") { registry, authFile };
        command.SetAction(async (parsed, cancellation) =>
        {
            var name = RegistryAccess.Registry(parsed.GetValue(registry));
            var paths = await Credentials.From(context.Environment, parsed.GetValue(authFile)).RemoveAsync(name, cancellation);
            await context.Error.WriteLineAsync(paths.IsEmpty ? $"You are not logged in to {name}"
                : $"Logged out of {name} ({string.Join(", ", paths)})");
        });
        return command;
    }
}
