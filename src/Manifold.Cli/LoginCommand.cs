using System.CommandLine;
using System.Text;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary><c>manifold login</c>: proves a user and a password at the registry, then keeps them where Docker and podman do.</summary>
internal static class LoginCommand
{
    public static Command Create(CliContext context)
    {
        var registry = RegistryArgument();
        var user = new Option<string>("--username", "-u")
        {
            Description = "The user name. If it is missing, a prompt asks for it.",
            HelpName = "NAME",
        };
        var fromInput = new Option<bool>("--password-stdin") { Description = "Read the password from standard input." };
        var command = new Command("login", "Log in to a registry.") { registry, user, fromInput };
        var access = RegistryAccess.AddTo(command, twoAccounts: false);
        command.SetAction(async (parsed, cancellation) =>
        {
            var name = RegistryAccess.Registry(parsed.GetValue(registry));
            var piped = parsed.GetValue(fromInput);
            var who = parsed.GetValue(user) ?? (piped ? null : await AskAsync(context, "Username: ", context.In.ReadLine, cancellation))
                ?? throw new UsageException($"log in to {name}: the user name is missing. Add --username NAME");
            var password = (piped ? await context.In.ReadToEndAsync(cancellation)
                : await AskAsync(context, "Password: ", () => ReadHidden(context), cancellation))?.TrimEnd('\r', '\n');
            if (string.IsNullOrEmpty(password))
                throw new UsageException($"log in to {name}: the password is empty. Type it, or pipe it in with --password-stdin.");
            var credential = new Credential { UserName = who, Password = password };
            using var client = access.Open(context, parsed, (_, _, _) => ValueTask.FromResult(credential));
            await client.LoginAsync(name, cancellation);
            var path = await access.Credentials(context, parsed).SaveAsync(name, who, password, cancellation);
            await context.Error.WriteLineAsync($"Logged in to {name} as {who}. The credentials are in {path}");
        });
        return command;
    }

    public static Argument<string?> RegistryArgument() => new("REGISTRY")
    {
        Description = "The registry: HOST or HOST:PORT. Default: docker.io.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static async Task<string?> AskAsync(CliContext context, string question, Func<string?> read, CancellationToken cancellation)
    {
        if (Console.IsInputRedirected)
            throw new UsageException("Standard input is not a terminal. Use --username NAME and --password-stdin.");
        await context.Error.WriteAsync(question);
        // A terminal is read synchronously; Ctrl-C must not wait for a key.
        return await Task.Run(read, CancellationToken.None).WaitAsync(cancellation);
    }

    /// <summary>A line that the terminal does not show.</summary>
    internal static string ReadHidden(CliContext context)
    {
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key is not ConsoleKey.Backspace)
                typed.Append(key.KeyChar);
            else if (typed.Length > 0)
                typed.Length--;
        }
        context.Error.WriteLine();
        return typed.ToString();
    }
}
