using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Manifold.Reporting.Pages;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Manifold.Tests.Support;

/// <summary>A text of the source code that a person reads.</summary>
/// <param name="Member">The member that the text is in, with its type.</param>
/// <param name="Text">The text on one line. An interpolated value is shown as <c>{name}</c>, a choice of texts as <c>{…}</c>.</param>
/// <param name="IsWhole">True unless the text is a part of another one, such as a branch of a conditional expression.</param>
public sealed record SourceText(string Member, string Text, bool IsWhole);

/// <summary>The texts in a source file that people read: messages, descriptions and headings, but no keys, scripts or patterns.</summary>
public static partial class SourceTexts
{
    /// <summary>Methods that look for a text or cut at one. Their arguments are never shown.</summary>
    private static readonly HashSet<string> Searches =
    [
        "Combine", "Contains", "Count", "EndsWith", "Equals", "IndexOf", "LastIndexOf", "Remove", "Replace", "Rows", "Split",
        "StartsWith", "Trim", "TrimEnd", "TrimStart",
    ];

    /// <summary>Exceptions that report a mistake in the program itself.</summary>
    private static readonly HashSet<string> ForProgrammers =
    [
        "ArgumentException", "ArgumentOutOfRangeException", "InvalidOperationException", "NotSupportedException", "ObjectDisposedException",
        "UnreachableException",
    ];

    /// <summary>Returns the texts of a file in the order of the file.</summary>
    public static IEnumerable<SourceText> Read(string file) => file.EndsWith(".cs", StringComparison.Ordinal) ? ReadCode(file)
        : MarkupTexts().Matches(Flat(new Template(File.ReadAllText(file)).Parts))
            .Select(match => new SourceText(match.Groups[1].Value, match.Groups[2].Value.Trim(), IsWhole: false))
            .Where(text => Words().IsMatch(Value().Replace(text.Text, "{}")));

    /// <summary>A template as if each of its sections were shown once.</summary>
    private static string Flat(ImmutableArray<Template.Part> parts) => string.Concat(parts.Select(part => part switch
    {
        Template.Section section => Flat(section.Parts),
        Template.Hole hole => $"{{{hole.Name}}}",
        _ => ((Template.Literal)part).Text,
    }));

    private static IEnumerable<SourceText> ReadCode(string file)
    {
        var root = CSharpSyntaxTree.ParseText(File.ReadAllText(file), new CSharpParseOptions(LanguageVersion.Preview), file).GetRoot();
        foreach (var node in root.DescendantNodes().OfType<ExpressionSyntax>().Where(IsShownText))
        {
            var text = Blanks().Replace(Shown(node),
                match => match.Value.Contains('\n', StringComparison.Ordinal) ? "\\n" : match.Value);
            if (Words().IsMatch(Value().Replace(text, "{}")) && !Program().IsMatch(text))
                yield return new SourceText(MemberOf(node), text, !node.Ancestors().OfType<ExpressionSyntax>().Any(IsText));
        }
    }

    private static bool IsShownText(ExpressionSyntax node) => IsText(node)
        && !(IsSum(node.Parent) && IsText((ExpressionSyntax)node.Parent!))
        && !node.AncestorsAndSelf().TakeWhile(each => each is not MemberDeclarationSyntax).Any(each => Hides(each, node));

    private static bool IsText(ExpressionSyntax node) => node.IsKind(SyntaxKind.StringLiteralExpression)
        || node is InterpolatedStringExpressionSyntax
        || (IsSum(node) && (IsText(((BinaryExpressionSyntax)node).Left) || IsText(((BinaryExpressionSyntax)node).Right)));

    private static bool IsSum(SyntaxNode? node) => node.IsKind(SyntaxKind.AddExpression);

    private static bool Hides(SyntaxNode around, ExpressionSyntax node) => around switch
    {
        AttributeSyntax or PatternSyntax or CaseSwitchLabelSyntax => true,
        BinaryExpressionSyntax compared => compared.Kind() is SyntaxKind.EqualsExpression or SyntaxKind.NotEqualsExpression,
        InvocationExpressionSyntax call => node.Ancestors().Contains(call.ArgumentList) && Searches.Contains(NameOf(call.Expression)),
        ObjectCreationExpressionSyntax created => ForProgrammers.Contains(created.Type.ToString()),
        _ => false,
    };

    private static string Shown(ExpressionSyntax node) => node switch
    {
        LiteralExpressionSyntax literal => literal.Token.ValueText,
        BinaryExpressionSyntax sum when IsText(sum) => Shown(sum.Left) + Shown(sum.Right),
        InterpolatedStringExpressionSyntax text => string.Concat(text.Contents.Select(part => part is InterpolatedStringTextSyntax plain
            ? plain.TextToken.ValueText : $"{{{NameOf(((InterpolationSyntax)part).Expression)}}}")),
        _ => $"{{{NameOf(node)}}}",
    };

    /// <summary>A short name for a value: <c>names</c> for <c>string.Join(", ", names)</c>.</summary>
    private static string NameOf(ExpressionSyntax node) => node switch
    {
        IdentifierNameSyntax name => name.Identifier.Text,
        MemberAccessExpressionSyntax { Name.Identifier.Text: "Value" or "Length" } access => NameOf(access.Expression),
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        MemberBindingExpressionSyntax binding => binding.Name.Identifier.Text,
        ConditionalAccessExpressionSyntax access => NameOf(access.WhenNotNull),
        ElementAccessExpressionSyntax element => NameOf(element.Expression),
        ParenthesizedExpressionSyntax inner => NameOf(inner.Expression),
        PostfixUnaryExpressionSyntax inner => NameOf(inner.Operand),
        AwaitExpressionSyntax inner => NameOf(inner.Expression),
        CastExpressionSyntax inner => NameOf(inner.Expression),
        BinaryExpressionSyntax { RawKind: not (int)SyntaxKind.AddExpression } pair => NameOf(pair.Left),
        InvocationExpressionSyntax
        {
            ArgumentList.Arguments: [..,
            { Expression: IdentifierNameSyntax or MemberAccessExpressionSyntax } last]
        }
            => NameOf(last.Expression),
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } => NameOf(access.Expression),
        InvocationExpressionSyntax call => NameOf(call.Expression),
        _ => "…",
    };

    private static string MemberOf(SyntaxNode node)
    {
        var name = new StringBuilder();
        foreach (var parent in node.Ancestors())
        {
            var part = parent switch
            {
                MethodDeclarationSyntax method => method.Identifier.Text,
                PropertyDeclarationSyntax property => property.Identifier.Text,
                EnumMemberDeclarationSyntax member => member.Identifier.Text,
                BaseFieldDeclarationSyntax field => field.Declaration.Variables[0].Identifier.Text,
                BaseTypeDeclarationSyntax type => type.Identifier.Text,
                _ => null,
            };
            if (part is not null)
                name.Insert(0, name.Length == 0 ? part : part + ".");
        }
        return name.ToString();
    }

    /// <summary>A text and the tag before it.</summary>
    [GeneratedRegex("<(/?\\w+)[^>]*>([^<]+)")]
    private static partial Regex MarkupTexts();

    [GeneratedRegex(@"\s*\n\s*|[ \t]{2,}(?=\n)|(?<=\S) {2,}")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Value();

    /// <summary>Two words in a row, or one and a value, or one that ends a sentence.</summary>
    [GeneratedRegex(@"\p{L}{2,}[,:;.)']* ['(]*(\p{L}|\{|\d)|\{\}'? \p{L}{2,}|\p{L}{3,}[.?]\z")]
    private static partial Regex Words();

    /// <summary>Scripts, formats, and documents in another language.</summary>
    [GeneratedRegex("""yyyy|exec "|\$\{|^\s*[{<]"?\w*"?[:>]|SELECT """)]
    private static partial Regex Program();
}
