using Manifold.Dockerfile;

namespace Manifold.Tests.Dockerfile;

/// <summary>The table of Go's own tests of filepath.Match.</summary>
public sealed class MatchingFileNames
{
    [Theory]
    [InlineData("abc", "abc", true)]
    [InlineData("*", "abc", true)]
    [InlineData("*c", "abc", true)]
    [InlineData("a*", "a", true)]
    [InlineData("a*", "ab/c", false)]
    [InlineData("a*/b", "abc/b", true)]
    [InlineData("a*/b", "a/c/b", false)]
    [InlineData("a*b*c*d*e*/f", "axbxcxdxexxx/f", true)]
    [InlineData("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false)]
    [InlineData("a*b*c*d*e*/f", "axbxcxdxexxx/fff", false)]
    [InlineData("a*b?c*x", "abxbbxdbxebxczzx", true)]
    [InlineData("a*b?c*x", "abxbbxdbxebxczzy", false)]
    [InlineData("ab[c]", "abc", true)]
    [InlineData("ab[b-d]", "abc", true)]
    [InlineData("ab[e-g]", "abc", false)]
    [InlineData("ab[^c]", "abc", false)]
    [InlineData("ab[^e-g]", "abc", true)]
    [InlineData(@"a\*b", "a*b", true)]
    [InlineData(@"a\*b", "ab", false)]
    [InlineData("a?b", "a☺b", true)]
    [InlineData("a?b", "a🚀b", true)]
    [InlineData("a[^a]b", "a☺b", true)]
    [InlineData("a???b", "a☺b", false)]
    [InlineData("[a-ζ]*", "α", true)]
    [InlineData("*[a-ζ]", "A", false)]
    [InlineData("a?b", "a/b", false)]
    [InlineData("a*b", "a/b", false)]
    [InlineData(@"[\]a]", "]", true)]
    [InlineData(@"[\-]", "-", true)]
    [InlineData(@"[x\-]", "-", true)]
    [InlineData(@"[x\-]", "z", false)]
    [InlineData(@"[\-x]", "x", true)]
    [InlineData("*x", "xxx", true)]
    [InlineData("**", "a/b", false)]
    [InlineData("[!a]", "!", true)]
    public void a_name_matches_as_in_Go(string text, string path, bool matches)
    {
        Assert.True(FilePattern.TryParse(text, out var pattern));
        Assert.Equal(matches, pattern.Matches(path));
    }

    [Theory]
    [InlineData("[]a]")]
    [InlineData("[-]")]
    [InlineData("[x-]")]
    [InlineData("[-x]")]
    [InlineData("\\")]
    [InlineData("[a-b-c]")]
    [InlineData("[")]
    [InlineData("[^")]
    [InlineData("[^bc")]
    [InlineData("a[")]
    public void a_malformed_pattern_is_refused(string text) => Assert.False(FilePattern.TryParse(text, out _));
}
