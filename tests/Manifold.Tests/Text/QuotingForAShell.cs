using Manifold.Text;

namespace Manifold.Tests.Text;

public sealed class QuotingForAShell
{
    [Theory]
    [InlineData("app/manifold.yaml", "app/manifold.yaml")]
    [InlineData("ghcr.io/acme/app:1.2", "ghcr.io/acme/app:1.2")]
    [InlineData("", "''")]
    [InlineData("my app", "'my app'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("~", "'~'")]
    public void only_words_that_need_it_are_quoted(string word, string quoted) => Assert.Equal(quoted, ShellWord.Quote(word));

    [Fact]
    public async Task a_shell_reads_the_word_back()
    {
        string[] words = ["", "a b", "it's", "''", "$HOME", "`id`", "a\\", "*", "!!", "a\nb", "\"x\"", "é 日本 😀", "#", "~root", "a;b&c|d"];
        var output = await SystemProgram.Run("sh", "-c", $"printf '%s\\0' {string.Join(' ', words.Select(ShellWord.Quote))}");
        Assert.Equal(words, output.Split('\0')[..^1]);
    }
}
