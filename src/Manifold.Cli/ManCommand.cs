using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Manifold.Cli;

/// <summary><c>manifold man</c>: the manual pages, made from the same command tree as <c>--help</c>.</summary>
/// <remarks>
/// Hidden, because people read the pages with <c>man manifold</c>: packages bring them. The date of the pages is <c>SOURCE_DATE_EPOCH</c>,
/// as everywhere; without it, today.
/// </remarks>
internal static class ManCommand
{
    public static Command Create(CliContext context, RootCommand root)
    {
        var folder = new Argument<string?>("FOLDER")
        {
            Description = "The folder for the pages, such as ~/.local/share/man/man1. Default: print manifold(1).",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("man", "Write the manual pages.") { folder };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            var pages = ManPage.All(root, Product.Version, Date(context)).ToList();
            if (parsed.GetValue(folder) is not { } into)
            {
                await context.Out.WriteAsync(pages[0].Text);
                return 0;
            }
            Directory.CreateDirectory(into);
            foreach (var page in pages)
                await File.WriteAllTextAsync(Path.Combine(into, page.FileName), page.Text, new UTF8Encoding(false), cancellation);
            return 0;
        });
        return command;
    }

    private static DateOnly Date(CliContext context)
    {
        if (context.Variable("SOURCE_DATE_EPOCH") is not { } text)
            return DateOnly.FromDateTime(context.Time.GetUtcNow().UtcDateTime);
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            throw new UsageException($"SOURCE_DATE_EPOCH '{text}' is not a number of seconds since 1970.");
        return DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime);
    }
}
