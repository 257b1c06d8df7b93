using Manifold.Nodes.Ssh;

namespace Manifold.Tests.Nodes;

public sealed class CommandsForAnyShell
{
    [Fact]
    public async Task the_script_and_its_words_arrive_unchanged()
    {
        string[] words = ["", "a  b", "$HOME", "`id`", "\"x\"", "*", "#;&|<>", "\u00fc"];
        var line = RemoteCommand.Of("for each; do printf \"[%s]\" \"$each\"; done", words);

        Assert.Equal(string.Concat(words.Select(word => $"[{word}]")), await SystemProgram.Run("sh", "-c", line));
    }

    [Theory]
    [InlineData("it's")]
    [InlineData("back\\slash")]
    [InlineData("wow!")]
    [InlineData("two\nlines")]
    public void what_some_shell_would_change_is_refused(string text)
    {
        Assert.False(RemoteCommand.CanCarry(text));
        Assert.Throws<ArgumentException>(() => RemoteCommand.Of("echo \"$1\"", text));
        Assert.Throws<ArgumentException>(() => RemoteCommand.Of(text));
    }
}
