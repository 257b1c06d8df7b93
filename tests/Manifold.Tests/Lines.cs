using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Manifold.Tests;

/// <summary>The source code keeps the sizes that make it easy to read: lines, files, methods and parameters.</summary>
public sealed class TheSourceCode(TheSourceCode.AllFiles all) : IClassFixture<TheSourceCode.AllFiles>
{
    private const int Width = 140;

    private static readonly CSharpParseOptions Options = new(LanguageVersion.Preview);

    [Fact]
    public void lines_fit_in_140_columns() => Expect(
        all.Sources.Concat(all.Tests).SelectMany(file => file.WideLines().Select(line => $"{file.Name}:{line}")),
        "Break these lines. Only raw and verbatim strings may be wider.");

    [Fact]
    public void a_source_file_has_at_most_400_lines_and_a_test_500() => Expect(
        all.Sources.Where(file => file.Lines.Count > 400).Concat(all.Tests.Where(file => file.Lines.Count > 500))
            .Select(file => $"{file.Name}: {file.Lines.Count} lines"),
        "Split these files by topic: Type.Topic.cs.");

    [Fact]
    public void nine_source_files_of_ten_have_at_most_200_lines() =>
        Assert.InRange(NinthTenth(all.Sources.Select(file => file.Lines.Count)), 1, 200);

    [Fact]
    public void nine_methods_of_ten_have_at_most_28_lines() =>
        Assert.InRange(NinthTenth(all.Sources.SelectMany(file => file.Nodes<BaseMethodDeclarationSyntax>()).Select(LinesOf)), 1, 28);

    /// <summary><c>$</c> also matches before a line feed at the end, so a checked text could carry one; <c>\z</c> does not.</summary>
    [Fact]
    public void patterns_end_at_the_end_of_the_text() => Expect(
        all.Sources.SelectMany(file => file.Nodes<AttributeSyntax>()
            .Where(each => each.Name.ToString() == "GeneratedRegex" && !each.ToString().Contains("Multiline", StringComparison.Ordinal)
                && HasDollar(each.DescendantNodes().OfType<LiteralExpressionSyntax>().First().Token.ValueText))
            .Select(each => $"{file.Name}:{LineOf(each)}")),
        "End these patterns with \\z.");

    /// <summary>Records are data, and system calls have the parameters of the kernel.</summary>
    [Fact]
    public void methods_and_constructors_have_at_most_five_parameters() => Expect(
        all.Sources.SelectMany(file => file.Nodes<ParameterListSyntax>()
            .Where(list => list.Parameters.Count > 5 && IsOfBehavior(list.Parent!))
            .Select(list => $"{file.Name}:{LineOf(list)}: {NameOf(list.Parent!)} has {list.Parameters.Count}")),
        "Combine parameters that belong together into a record.");

    private static bool IsOfBehavior(SyntaxNode declaration) => declaration switch
    {
        RecordDeclarationSyntax => false,
        MethodDeclarationSyntax method => !method.Modifiers.Any(SyntaxKind.ExternKeyword)
            && !(method.Modifiers.Any(SyntaxKind.PartialKeyword) && method.Body is null && method.ExpressionBody is null),
        BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or TypeDeclarationSyntax or DelegateDeclarationSyntax => true,
        _ => false,
    };

    private static string NameOf(SyntaxNode declaration) => declaration switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        LocalFunctionStatementSyntax function => function.Identifier.Text,
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        DelegateDeclarationSyntax type => type.Identifier.Text,
        _ => declaration.Kind().ToString(),
    };

    private static int LineOf(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    /// <summary>The lines of a method without its comments and attributes.</summary>
    private static int LinesOf(BaseMethodDeclarationSyntax method)
    {
        var first = method.AttributeLists.Count == 0 ? method.GetFirstToken() : method.AttributeLists[^1].GetLastToken().GetNextToken();
        var begin = first.GetLocation().GetLineSpan().StartLinePosition.Line;
        return method.GetLocation().GetLineSpan().EndLinePosition.Line - begin + 1;
    }

    /// <summary>Whether a pattern has the anchor <c>$</c>: not escaped, and not in a class of characters.</summary>
    private static bool HasDollar(string pattern)
    {
        var inClass = false;
        for (var at = 0; at < pattern.Length; at++)
        {
            if (pattern[at] == '\\')
                at++;
            else if (pattern[at] is '[' or ']')
                inClass = pattern[at] == '[' || (inClass && pattern[at - 1] == '[');
            else if (pattern[at] == '$' && !inClass)
                return true;
        }
        return false;
    }

    private static int NinthTenth(IEnumerable<int> values)
    {
        var sorted = values.Order().ToList();
        return sorted[(sorted.Count - 1) * 9 / 10];
    }

    private static void Expect(IEnumerable<string> offenders, string advice)
    {
        var all = offenders.ToList();
        Assert.True(all.Count == 0, $"{advice}\n{string.Join('\n', all)}");
    }

    /// <summary>Every source file, read once. Not static, so that the syntax trees do not stay in memory for the other tests.</summary>
    public sealed class AllFiles
    {
        internal List<SourceFile> Sources { get; } = [.. Read("src")];
        internal List<SourceFile> Tests { get; } = [.. Read("tests")];
    }

    private static IEnumerable<SourceFile> Read(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Cases.Repository, folder), "*.cs", SearchOption.AllDirectories)
            .Where(path => !Path.GetRelativePath(Cases.Repository, path).Split('/').Any(part => part is "obj" or "bin"))
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(path));

    internal sealed class SourceFile(string path)
    {
        private readonly Lazy<SyntaxNode> root = new(() => CSharpSyntaxTree.ParseText(File.ReadAllText(path), Options, path).GetRoot());

        public string Name { get; } = Path.GetRelativePath(Cases.Repository, path);

        public List<string> Lines { get; } = [.. File.ReadLines(path)];

        public IEnumerable<T> Nodes<T>() where T : SyntaxNode => root.Value.DescendantNodes().OfType<T>();

        /// <summary>The numbers of the lines that are too wide and that no raw or verbatim string touches.</summary>
        public IEnumerable<int> WideLines()
        {
            var wide = Enumerable.Range(0, Lines.Count).Where(line => Lines[line].Length > Width).ToList();
            if (wide.Count == 0)
                return [];
            var literal = Nodes<ExpressionSyntax>().Where(IsLiteral).Select(node => node.GetLocation().GetLineSpan()).ToList();
            return wide.Where(line => !literal.Any(span => span.StartLinePosition.Line <= line && line <= span.EndLinePosition.Line))
                .Select(line => line + 1);
        }

        private static bool IsLiteral(ExpressionSyntax node)
        {
            var start = node switch
            {
                LiteralExpressionSyntax literal => literal.Token.Text,
                InterpolatedStringExpressionSyntax text => text.StringStartToken.Text,
                _ => "",
            };
            return start.TrimStart('$').StartsWith("\"\"\"", StringComparison.Ordinal) || start.TrimStart('$').StartsWith('@');
        }
    }
}
