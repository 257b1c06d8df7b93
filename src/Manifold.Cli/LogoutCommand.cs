using System.CommandLine;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary><c>manifold logout</c>: forgets what <c>manifold login</c> kept.</summary>
internal static class LogoutCommand
{
    public static Command Create(CliContext context)
    {
        var registry = LoginCommand.RegistryArgument();
        var command = new Command("logout", "Log out of a registry.") { registry };
        command.SetAction(async (parsed, cancellation) =>
        {
            var name = RegistryAccess.Registry(parsed.GetValue(registry));
            var file = Credentials.From(context.Environment).Writable;
            var removed = await file.RemoveAsync(name, cancellation);
            await context.Error.WriteLineAsync(removed ? $"Logged out of {name}" : $"Not logged in to {name} ({file.Path})");
        });
        return command;
    }
}
