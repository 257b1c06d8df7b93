using Manifold.Fetching;

namespace Manifold.Tests.Fetching;

/// <summary>
/// What is a repository's address is what BuildKit takes for one (its util/gitutil, git_ref_test.go and git_url_test.go name these).
/// </summary>
public sealed class GitAddresses
{
    [Theory]
    [InlineData("https://example.com/foo.git", "https://example.com/foo.git", null, "")]
    [InlineData("https://example.com/foo.git#deadbeef", "https://example.com/foo.git", "deadbeef", "")]
    [InlineData("https://example.com/foo.git#release/1.2:sub/dir", "https://example.com/foo.git", "release/1.2", "sub/dir")]
    [InlineData("https://example.com/foo.git#:sub", "https://example.com/foo.git", null, "sub")]
    [InlineData("git@github.com:moby/buildkit.git#v1:./a//b/", "git@github.com:moby/buildkit.git", "v1", "a/b")]
    [InlineData("git@github.com:moby/buildkit", "git@github.com:moby/buildkit", null, "")]
    [InlineData("git://github.com/moby/buildkit", "git://github.com/moby/buildkit", null, "")]
    [InlineData("ssh://git@example.com:2222/a/b#main", "ssh://git@example.com:2222/a/b", "main", "")]
    [InlineData("https://example.com/foo.git?ref=v1&subdir=a//b", "https://example.com/foo.git", "v1", "a/b")]
    [InlineData("https://example.com/foo.git?tag=v1#:sub", "https://example.com/foo.git", "refs/tags/v1", "sub")]
    [InlineData("https://example.com/foo.git?branch=release%2F1", "https://example.com/foo.git", "refs/heads/release/1", "")]
    [InlineData("ssh://git@example.com/a/b?branch=refs/heads/x", "ssh://git@example.com/a/b", "refs/heads/x", "")]
    public void are_remote_ref_and_folder(string text, string remote, string? name, string folder)
    {
        Assert.True(GitAddress.TryParse(text, asContext: false, out var address));
        Assert.Equal((remote, name, folder), (address.Remote, address.Ref, address.Folder));
    }

    [Theory]
    [InlineData("https://example.com/foo")]
    [InlineData("https://example.com/foo.git.bak")]
    [InlineData("./foo.git")]
    [InlineData("../foo.git")]
    [InlineData("foo.git")]
    [InlineData("/srv/foo.git")]
    [InlineData("file:///srv/foo.git")]
    [InlineData("ext::sh -c evil")]
    [InlineData("https://example.com/foo.git#--upload-pack=evil")]
    [InlineData("https://example.com/foo.git#a b")]
    [InlineData("https://example.com/foo.git#main:../../etc")]
    [InlineData("github.com/moby/buildkit")]
    public void are_nothing_else(string text) => Assert.False(GitAddress.TryParse(text, asContext: false, out _));

    [Theory]
    [InlineData("github.com/moby/buildkit", "https://github.com/moby/buildkit.git", null, "")]
    [InlineData("github.com/moby/buildkit.git#v0.1:docs", "https://github.com/moby/buildkit.git", "v0.1", "docs")]
    [InlineData("github.com/moby/buildkit#v0.1", "https://github.com/moby/buildkit.git", "v0.1", "")]
    public void of_contexts_may_leave_the_scheme_out(string text, string remote, string? name, string folder)
    {
        Assert.True(GitAddress.TryParse(text, asContext: true, out var address));
        Assert.Equal((remote, name, folder), (address.Remote, address.Ref, address.Folder));
    }

    [Fact]
    public void are_shown_without_credentials()
    {
        Assert.True(GitAddress.TryParse("https://me:token@example.com/a.git#main", asContext: false, out var address));
        Assert.Equal("https://example.com/a.git#main", address.ToString());
    }
}
