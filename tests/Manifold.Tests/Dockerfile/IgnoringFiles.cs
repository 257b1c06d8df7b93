using Manifold.Dockerfile;
using Manifold.Linux;

namespace Manifold.Tests.Dockerfile;

/// <summary>The table is the one that moby/patternmatcher publishes; <c>ComparedWithBuildKit</c> asks BuildKit itself.</summary>
public sealed class IgnoringFiles
{
    [Theory]
    [InlineData("**", "file", true)]
    [InlineData("**/", "file", true)]
    [InlineData("**/", "dir/file", true)]
    [InlineData("**/**", "dir/file", true)]
    [InlineData("dir/**", "dir/file", true)]
    [InlineData("dir/**", "dir/dir2/file", true)]
    [InlineData("**/dir", "dir", true)]
    [InlineData("**/dir", "dir/file", true)]
    [InlineData("**/dir2/*", "dir/dir2/file", true)]
    [InlineData("**/dir2/**", "dir/dir2/dir3/file", true)]
    [InlineData("**file", "file", true)]
    [InlineData("**file", "dir/dir/file", true)]
    [InlineData("**/file", "dir/dir/file", true)]
    [InlineData("**/file*", "dir/dir/file.txt", true)]
    [InlineData("**/file*.txt*", "dir/dir/file.txt", true)]
    [InlineData("**/**/*.txt", "dir/dir/file.txt", true)]
    [InlineData("**/**/*.txt2", "dir/dir/file.txt", false)]
    [InlineData("**/*.txt", "file.txt", true)]
    [InlineData("**/**/*.txt", "file.txt", true)]
    [InlineData("a**/*.txt", "a/dir/dir/file.txt", true)]
    [InlineData("a/*.txt", "a/dir/file.txt", false)]
    [InlineData("a/*.txt**", "a/file.txt", true)]
    [InlineData("a[b-d]e", "ae", false)]
    [InlineData("a[b-d]e", "ace", true)]
    [InlineData("a[b-d]e", "aae", false)]
    [InlineData("a[^b-d]e", "aze", true)]
    [InlineData(".*", ".foo", true)]
    [InlineData(".*", "foo", false)]
    [InlineData("abc.def", "abcZdef", false)]
    [InlineData("abc?def", "abcZdef", true)]
    [InlineData("abc?def", "abcdef", false)]
    [InlineData("**/foo/bar", "dir/dir2/foo/bar", true)]
    [InlineData("abc/**", "abc", false)]
    [InlineData("abc/**", "abc/def/ghi", true)]
    [InlineData("**/.foo", ".foo", true)]
    [InlineData("**/.foo", "bar.foo", false)]
    [InlineData("a(b)c/def", "a(b)c/def", true)]
    [InlineData("a(b)c/def", "a(b)c/xyz", false)]
    [InlineData("a.|)$(}+{bc", "a.|)$(}+{bc", true)]
    [InlineData("dist/*.whl", "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl", true)]
    [InlineData(@"a\*b", "a*b", true)]
    [InlineData("a*", "ab/c", true)]
    [InlineData("a*/b", "a/c/b", false)]
    [InlineData("/a/", "a/b", true)]
    [InlineData("./a/../b", "b", true)]
    [InlineData("  a ", "a", true)]
    [InlineData("#a", "#a", false)]
    [InlineData("**\n!util/docker/web", "util/docker/web/foo", false)]
    [InlineData("**\n!util/docker/web\nutil/docker/web/foo", "util/docker/web/foo", true)]
    [InlineData("docs\n!docs/README.md", "docs/README.md", false)]
    [InlineData("docs/*\n! docs/README.md", "docs/README.md", false)]
    [InlineData("!a.go\n*.go", "a.go", true)]
    [InlineData("\uFEFFa\r\nb\r\n", "a", true)]
    public void a_path_is_excluded_where_Docker_excludes_it(string rules, string path, bool excluded) =>
        Assert.Equal(excluded, IgnoreRules.Parse(".dockerignore", rules).Match(path).Excluded);

    [Fact]
    public void the_rule_that_decided_is_named_with_its_line()
    {
        var rules = IgnoreRules.Parse("app/.dockerignore", "# build\nout\n\n!out/keep\nout/keep/not\n");

        Assert.Equal("app/.dockerignore:2", rules.Match("out/x").Rule?.ToString());
        Assert.Equal("app/.dockerignore:4", rules.Match("out/keep/x").Rule?.ToString());
        Assert.Equal("app/.dockerignore:5", rules.Match("out/keep/not").Rule?.ToString());
        Assert.Null(rules.Match("src").Rule);
    }

    [Theory]
    [InlineData("node_modules", false)]
    [InlineData("node_modules\n!src", false)]
    [InlineData("node_modules\n!node_modules/a", true)]
    [InlineData("node_modules\n!*/a", true)]
    [InlineData("node_modules\n!**/a", true)]
    [InlineData("node_modules\n!node*", true)]
    [InlineData("node_modules\n!node_modules2/**", false)]
    [InlineData("other", true)]
    public void a_walker_skips_an_excluded_folder_unless_something_below_may_come_back(string rules, bool visits) =>
        Assert.Equal(visits, IgnoreRules.Parse(".dockerignore", rules).MayContainIncluded("node_modules"));

    [Fact]
    public void whatever_a_walker_skips_is_excluded()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var tree = new RandomTree(seed);
            var rules = IgnoreRules.Parse(".dockerignore", tree.Rules);
            foreach (var path in tree.Files.Where(path => path.Contains('/', StringComparison.Ordinal)))
                if (!rules.MayContainIncluded(path[..path.LastIndexOf('/')]))
                    Assert.True(rules.Match(path).Excluded, $"{path} is skipped but not excluded by:\n{tree.Rules}");
        }
    }

    [Theory]
    [InlineData("!")]
    [InlineData("ok\n[")]
    [InlineData("[^bc")]
    [InlineData("a[]")]
    [InlineData("[x-]")]
    [InlineData("a\\")]
    public void a_malformed_pattern_is_named_with_its_place(string rules)
    {
        var exception = Assert.Throws<DockerfileException>(() => IgnoreRules.Parse(".dockerignore", rules));

        Assert.Equal(rules.Split('\n').Length, Assert.Single(exception.Diagnostics).Place.Line);
    }

    [Fact]
    public void a_pattern_made_to_be_slow_is_not()
    {
        var rules = IgnoreRules.Parse(".dockerignore", string.Concat(Enumerable.Repeat("**/*a", 40)) + "b");

        Assert.False(rules.Match(new string('a', 4_000)).Excluded);
    }

    // The bytes are those of Latin-1; attributes take UTF-8 only.
    [Theory]
    [InlineData("caf\u00e9", "caf\u00e9", true)]
    [InlineData("caf\u00e9", "caf\u00e8", false)]
    [InlineData("*.\u00e9", "a.\u00e9", true)]
    [InlineData("*.\u00e9", "a.\u00e8", false)]
    [InlineData("caf?", "caf\u00e9", true)]
    [InlineData("caf[\u00e8\u00e9]", "caf\u00e9", true)]
    [InlineData("caf[\u00e8]", "caf\u00e9", false)]
    [InlineData("caf[^a]", "caf\u00e9", true)]
    [InlineData("**/x\u00ff", "a\u00fe/x\u00ff", true)]
    public void names_and_patterns_that_are_not_UTF8_match_by_their_bytes(string pattern, string path, bool excluded) =>
        Assert.Equal(excluded, IgnoreRules.Parse(".dockerignore", Name(pattern)).Match(Name(path)).Excluded);

    private static string Name(string latin1) => FileName.Decode(System.Text.Encoding.Latin1.GetBytes(latin1));
}
