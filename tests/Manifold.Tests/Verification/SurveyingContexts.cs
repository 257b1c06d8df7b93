using Manifold.Dockerfile;
using Manifold.Verification.Binaries;

namespace Manifold.Tests.Verification;

/// <summary>A context that somebody else filled is looked through for programs, and nothing that is not in it.</summary>
public sealed class SurveyingContexts : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task programs_are_found_and_links_and_pipes_passed_over()
    {
        var context = await MakeContext("""
            mkdir -p a/b node_modules deep ../outside/node_modules; mkfifo pipe; echo x > text
            ln -s ../outside linked-folder; ln -s ../outside/program linked-file; ln -s b a/link; ln -s loop loop
            """);
        foreach (var path in new[] {
            "context/a/b/program", "context/ignored", "context/deep/kept", "context/deep/left", "outside/program" })
            await File.WriteAllBytesAsync(folder[path], ElfBuilder.Static(Cpu.Arm64));

        var facts = ContextSurvey.Of(context, IgnoreRules.Parse(".dockerignore", "ignored\ndeep\n!deep/kept\n"), CancellationToken.None);

        Assert.Equal(["a/b/program", "deep/kept"], facts.Programs.Select(program => program.Path));
        Assert.Equal(["node_modules"], facts.Folders);
    }

    [Fact]
    public async Task a_tree_that_is_deeper_than_any_path_ends()
    {
        var context = await MakeContext(
            "name=$(printf '%0200d'); for i in $(seq 50); do mkdir $name; cd -P $name 2>/dev/null || break; done");

        Assert.Empty(ContextSurvey.Of(context, IgnoreRules.None, CancellationToken.None).Programs);
    }

    private async Task<string> MakeContext(string script)
    {
        Directory.CreateDirectory(folder["context"]);
        await SystemProgram.Run("bash", "-c", $"cd '{folder["context"]}' && {{ {script}\n}}");
        return folder["context"];
    }
}
