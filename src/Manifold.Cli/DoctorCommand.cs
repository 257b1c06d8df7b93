using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Sandbox;
using Manifold.Text;
using Spectre.Console;

namespace Manifold.Cli;

/// <summary><c>manifold doctor</c>: checks this machine, and says what to install.</summary>
public static class DoctorCommand
{
    private const int NotReady = 4;

    public static Command Create(CliContext context)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("doctor", "Check whether this machine is ready for builds. Shows the commands that fix problems.")
        {
            json,
        };
        command.SetAction(async (parsed, _) =>
        {
            using var store = StoreSurvey.Make(context.StoreRoot);
            var checks = await new HostSurvey(store, context.Variable("PATH")).RunAsync();
            if (parsed.GetValue(json))
                await context.Out.WriteLineAsync(HostCheck.ToJson(checks));
            else
                Print(checks, context);
            return checks.Any(check => check.Status == HostStatus.Missing) ? NotReady : 0;
        });
        return command;
    }

    private static void Print(ImmutableArray<HostCheck> checks, CliContext context)
    {
        var table = Tables.Plain("", "", "");
        foreach (var check in checks)
        {
            var (mark, colour) = check.Status switch
            {
                HostStatus.Ready => ("ok", "green"),
                HostStatus.Reduced => ("--", "yellow"),
                _ => ("NO", "red"),
            };
            table.AddRow($"[{colour}]{mark}[/]", check.Name.EscapeMarkup(), Finding(check));
        }
        Tables.Write(context, table, Spectre.Console.Text.NewLine, new Markup(Verdict(checks)), Spectre.Console.Text.NewLine);
    }

    private static string Finding(HostCheck check) =>
        check.Cost is null ? check.Found.EscapeMarkup()
        : $"{check.Found.EscapeMarkup()}: {check.Cost.EscapeMarkup()}"
            + (check.Remedy is { } remedy ? $"\n[bold]{remedy.EscapeMarkup()}[/]" : "");

    private static string Verdict(ImmutableArray<HostCheck> checks)
    {
        if (checks.Any(check => check is { Name: "store", Status: HostStatus.Missing }))
            return "[red]This machine cannot build: the store is not writable.[/]";
        if (checks.Any(check => check.Status == HostStatus.Missing))
            return "[red]This machine cannot run RUN steps yet. Images without RUN can be built.[/]";
        var reduced = checks.Count(check => check.Status == HostStatus.Reduced);
        return reduced == 0 ? "[green]This machine is ready for all builds.[/]"
            : $"[green]This machine is ready.[/] {Amounts.Count(reduced, "optional feature")} {(reduced == 1 ? "is" : "are")} missing.";
    }
}
