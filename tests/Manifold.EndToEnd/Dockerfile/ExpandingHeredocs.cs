using System.Text;
using System.Text.RegularExpressions;

namespace Manifold.EndToEnd.Dockerfile;

/// <summary>Here-documents of COPY and ADD: variables and backslashes count, quotes are characters.</summary>
/// <remarks>Each right value is the file that BuildKit wrote.</remarks>
public sealed class ExpandingHeredocs
{
    /// <summary>The table itself, judged by the BuildKit at hand.</summary>
    [Fact]
    public async Task BuildKit_writes_these_files()
    {
        await ComparedWithBuildKit.NeedBuildKit();
        using var folder = new TemporaryFolder();
        var environment = Heredocs.Variables.Select(each => $"ENV {each.Key}=\"{Regex.Replace(each.Value, @"[\\""$]", @"\$0")}\"\n");
        var rows = Heredocs.Written.Select((row, i) => (Name: $"file{i}", Text: row.Data.Item1, Expected: row.Data.Item2)).ToList();
        var copies = rows.Select(row => $"COPY <<END-{row.Name} /{row.Name}\n{row.Text}END-{row.Name}\n");
        folder.Write("context/Dockerfile", string.Concat(["FROM scratch\n", .. environment, .. copies]));

        await Tool.Run("docker", "buildx", "build", "--output", "type=local,dest=" + folder["out"], folder["context"]);

        Assert.All(rows, row => Assert.Equal(row.Expected, Encoding.UTF8.GetString(File.ReadAllBytes(folder["out/" + row.Name]))));
    }
}
