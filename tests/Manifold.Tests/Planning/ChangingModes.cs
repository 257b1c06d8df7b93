using System.Text;
using Manifold.Planning;

namespace Manifold.Tests.Planning;

/// <summary><c>--chmod</c> does what the machine's own chmod does under the usual mask.</summary>
public sealed class ChangingModes
{
    [Fact]
    public async Task gives_what_chmod_gives()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(7);
        var cases = Enumerable.Range(0, 300)
            .Select(i => (Name: $"{i}", IsFolder: i % 3 == 0, Mode: random.Next(512), Change: Change(random))).ToList();
        var script = new StringBuilder("umask 022\n");
        foreach (var (name, isFolder, mode, change) in cases)
        {
            if (isFolder)
                Directory.CreateDirectory(folder[name]);
            else
                folder.Write(name, "x");
            File.SetUnixFileMode(folder[name], (UnixFileMode)mode);
            // The change stands behind --: it may begin with a dash, which chmod would take for an option and warn of.
            script.Append($"chmod -- '{change}' '{folder[name]}' 2>/dev/null\n");
        }
        await SystemProgram.Run("sh", "-c", script.Append("true\n").ToString());

        foreach (var (name, isFolder, mode, text) in cases)
        {
            Assert.True(FileModeChange.TryParse(text, out var change), text);
            var real = (int)File.GetUnixFileMode(folder[name]);
            File.SetUnixFileMode(folder[name], (UnixFileMode)0x1FF);
            Assert.True(real == change.Apply(mode, isFolder),
                $"chmod {text} of {Convert.ToString(mode, 8)}{(isFolder ? " (a folder)" : "")}"
                    + $": chmod says {Convert.ToString(real, 8)}, we {Convert.ToString(change.Apply(mode, isFolder), 8)}");
        }
    }

    [Theory]
    [InlineData("8")]
    [InlineData("77777")]
    [InlineData("u")]
    [InlineData("u=q")]
    [InlineData("u+r,")]
    [InlineData("")]
    public void refuses_what_is_no_mode(string text) => Assert.False(FileModeChange.TryParse(text, out _));

    private static string Change(Random random)
    {
        string Some(string letters, int least) =>
            string.Concat(letters.Where(_ => random.Next(2) == 0).DefaultIfEmpty(least > 0 ? letters[0] : '\0'))
                .Replace("\0", "", StringComparison.Ordinal);
        string Clause() => Some("ugo", 0) + string.Concat(Enumerable.Range(0, random.Next(1, 3))
            .Select(_ => "+-="[random.Next(3)] + (random.Next(4) == 0 ? "ugo"[random.Next(3)].ToString() : Some("rwxX", 1))));
        return string.Join(',', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Clause()));
    }
}
