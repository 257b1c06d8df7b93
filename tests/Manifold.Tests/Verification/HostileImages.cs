using FsCheck;
using FsCheck.Fluent;
using Manifold.Verification.Binaries;

namespace Manifold.Tests.Verification;

/// <summary>Whatever an image says of its start, following it ends and does not throw.</summary>
public sealed class HostileImages
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(1_000).WithQuietOnSuccess(true);

    private static readonly Gen<string> Pieces = Gen.Elements(
        "sh", "-c", "exec", "/app", "app", " ", "\n", ";", "&&", "||", "|", "&", "'", "\"", "\\", "$", "$@",
        "\"$@\"", "`", "(", ")", "<", "<<", ">", "2>&1", "#", "=", "A=b", "if", "cd", "..", "/", "./", "env", "-S", "tini", "--", "-", "-p",
        "busybox", "gosu", "/start", "/loop", "/self", "", "\0", "\uD800", "é", "~", "*", "[");

    private static readonly Gen<string> Texts = Pieces.ArrayOf().Select(string.Concat);

    [Fact]
    public void any_text_of_a_shell_is_split() => Check.One(Config, Prop.ForAll(Texts.ToArbitrary(), text =>
    {
        var (commands, _) = ShellText.Split(text);
        return commands.All(command => command.Words.Length > 0);
    }));

    [Fact]
    public void any_start_is_followed_to_an_end() =>
        Check.One(Config, Prop.ForAll(Pieces.ArrayOf().ToArbitrary(), Texts.ToArbitrary(), (words, script) =>
        {
            var report = Image(script).Entrypoint(words).Cmd("sh", "-c", script).Env("PATH=" + script).Workdir(script).Check().GetAwaiter()
                .GetResult();
            return report.Findings.Length < 100;
        }));

    [Fact]
    public async Task scripts_and_links_that_lead_to_themselves_end()
    {
        foreach (var start in new[] { "/loop", "/self", "/a", "/b/x" })
            Assert.NotNull(await Image("").Entrypoint(start, start).Check());
    }

    [Fact]
    public async Task libraries_that_need_each_other_are_loaded_once()
    {
        var report = await new SampleImage(Cpu.Arm64).Debian().Layer()
            .File("usr/lib/liba.so", ElfBuilder.SharedLibrary(Cpu.Arm64, "libb.so"))
            .File("usr/lib/libb.so", ElfBuilder.SharedLibrary(Cpu.Arm64, "liba.so"))
            .File("app", ElfBuilder.Dynamic(Cpu.Arm64, "liba.so")).Entrypoint("/app").Check();
        Assert.Empty(report.Findings);
        Assert.Equal(["/usr/lib/liba.so", "/usr/lib/libb.so"],
            report.Start.Where(file => file.Role == "library").Select(file => file.Path));
    }

    private static SampleImage Image(string script) => new SampleImage(Cpu.Arm64).Debian().Layer()
        .File("start", "#!/bin/sh\n" + script)
        .File("self", "#!/self\n" + script).Link("loop", "loop").Link("a", "b").Link("b", "a")
        .File("usr/bin/app", "#!/usr/bin/env app\nexec \"$@\"\n").Link("usr/bin/tini", "dash").Link("usr/bin/busybox", "dash")
        .Link("usr/bin/gosu", "/usr/bin/env");
}
