using System.Text;
using Manifold.Linux;

namespace Manifold.Reporting.Pages;

/// <summary>What every page has: style and script in itself, and a policy that forbids requests and every other script.</summary>
internal static class PageFrame
{
    private static readonly string Style = Resource("report.css"), Script = Resource("report.js");
    private static readonly string ScriptHash = Convert.ToBase64String(Hasher.Hash(HashKind.Sha256, Encoding.UTF8.GetBytes(Script)));

    public static string Render(string title, Html content, string footer) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{ScriptHash}'; base-uri 'none'; form-action 'none'">
        <title>{title}</title>
        <style>{Html.Own(Style)}</style>
        </head>
        <body>
        <main>
        {content}
        </main>
        <footer>{footer}</footer>
        <script>{Html.Own(Script)}</script>
        </body>
        </html>

        """).ToString();

    private static string Resource(string name)
    {
        using var stream = typeof(PageFrame).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
