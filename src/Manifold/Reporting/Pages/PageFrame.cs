using System.Text;
using Manifold.Linux;

namespace Manifold.Reporting.Pages;

/// <summary>A whole page: style and script in itself, and a policy that forbids requests and every other script.</summary>
internal sealed record PageFrame(string Title, Html Content, string Footer) : Piece
{
    private static readonly Html OwnStyle = Html.Embedded("report.css"), OwnScript = Html.Embedded("report.js");
    private static readonly string OwnScriptHash =
        Convert.ToBase64String(Hasher.Hash(HashKind.Sha256, Encoding.UTF8.GetBytes(OwnScript.ToString())));

    public Html Style { get; } = OwnStyle;
    public Html Script { get; } = OwnScript;
    public string ScriptHash { get; } = OwnScriptHash;

    public static string Render(string title, Piece content, string footer) =>
        Html.Of(new PageFrame(title, Html.Of(content), footer)).ToString();
}
