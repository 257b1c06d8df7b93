using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>A record as one HTML file: it needs no server, asks for nothing, and prints.</summary>
public static class HtmlReport
{
    public static string Render(BuildRecord record) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>{record.Title}</title>
        <h1>{record.Title}</h1>
        {record.Components.Select(Image)}
        </html>

        """).ToString();

    private static Html Image(RecordedComponent image) => Html.Of($"""
        <h2>{image.ShortName}</h2>
        <table>{image.Platforms.Select(platform => Html.Of($"<tr><td>{platform.Platform.ToString()}<td>{platform.Manifest?.ToString()}<td>{Units.Bytes(platform.CompressedBytes)}"))}</table>
        """);
}
