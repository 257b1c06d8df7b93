namespace Manifold.Cli;

/// <summary>
/// The password of a signing key: from <c>COSIGN_PASSWORD</c>, else asked on the terminal;
/// never from the command line, which others can list.
/// </summary>
internal static class KeyPassword
{
    private const string Variable = "COSIGN_PASSWORD";

    public static Task<string> AskAsync(CliContext context, string keyFile, CancellationToken cancellation) => AskAsync(context,
        $"Password for {keyFile}: ", twice: false, cancellation);

    public static async Task<string> AskAsync(CliContext context, string question, bool twice, CancellationToken cancellation)
    {
        // Set and empty is an answer, as it is for cosign: a key without a password.
        if (context.Environment.TryGetValue(Variable, out var given))
            return given;
        if (Console.IsInputRedirected)
            throw new UsageException($"The key needs a password, and standard input is not a terminal. Set {Variable}.");
        var typed = await TypedAsync(question);
        if (twice && typed != await TypedAsync("Repeat the password: "))
            throw new UsageException("The two passwords are different. No key was written.");
        return typed;

        async Task<string> TypedAsync(string text)
        {
            await context.Error.WriteAsync(text);
            // A terminal is read synchronously; Ctrl-C must not wait for a key.
            return await Task.Run(() => LoginCommand.ReadHidden(context), CancellationToken.None).WaitAsync(cancellation);
        }
    }
}
