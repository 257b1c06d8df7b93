using System.Text.RegularExpressions;

namespace Manifold.Tests.Concurrency;

/// <summary>
/// Work that several callers wait for goes through <c>SharedWork</c>: a lazy task remembers its failure, and often one caller's
/// cancellation token.
/// </summary>
public sealed partial class OneWayToShare
{
    [Fact]
    public void no_source_file_has_a_lazy_task()
    {
        var source = Path.Combine(Cases.Repository, "src");
        var offences = Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(source, file).Split('/').Intersect(["bin", "obj"]).Any())
            .SelectMany(file => File.ReadLines(file).Select((line, i) => (Place: $"{file}:{i + 1}", Line: line)))
            .Where(each => LazyTask().IsMatch(each.Line))
            .Select(each => $"{each.Place}: {each.Line.Trim()}").ToList();
        Assert.True(offences.Count == 0, "Use SharedWork or SharedValue instead:\n" + string.Join('\n', offences));
    }

    [Theory]
    [InlineData("private readonly Lazy<Task<int>> value;", true)]
    [InlineData("new Lazy<ValueTask>(() => default)", true)]
    [InlineData("new Lazy<Task>(RunAsync)", true)]
    [InlineData("new Lazy< System.Threading.Tasks.Task<int> >(RunAsync)", true)]
    [InlineData("var value = new AsyncLazy<int>();", true)]
    [InlineData("private readonly Lazy<ImmutableArray<Task>> value;", false)]
    [InlineData("private readonly Lazy<Tasks> value;", false)]
    public void a_lazy_task_is_recognized(string line, bool isOne) => Assert.Equal(isOne, LazyTask().IsMatch(line));

    [GeneratedRegex(@"\bLazy<\s*([\w.]+\.)?(Value)?Task\b|\bAsyncLazy\b")]
    private static partial Regex LazyTask();
}
