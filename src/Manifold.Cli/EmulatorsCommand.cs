using System.CommandLine;
using Manifold.Sandbox;
using Spectre.Console;

namespace Manifold.Cli;

/// <summary>
/// <c>manifold emulators list|install</c>: which platforms run here, and the registration of installed emulators with the kernel.
/// </summary>
public static class EmulatorsCommand
{
    public static Command Create(CliContext context) =>
        new("emulators", "Show which platforms run on this machine, and register emulators.") { List(context), Install(context) };

    private static Command List(CliContext context)
    {
        var command = new Command("list", "Show how each platform runs on this machine.");
        command.SetAction(async (_, _) =>
        {
            using var store = context.OpenStore();
            await PrintAsync(context, new Emulators(store));
        });
        return command;
    }

    private static Command Install(CliContext context)
    {
        var command = new Command("install", "Register every installed qemu-user emulator with the kernel, for use in containers too. The "
            + "registration lasts until the next restart.");
        command.SetAction(async (_, _) =>
        {
            using var store = context.OpenStore();
            var emulators = new Emulators(store);
            var registered = await emulators.InstallAsync();
            await context.Error.WriteLineAsync(registered.IsEmpty ? "There are no emulators to register."
                : $"Registered: {string.Join(", ", registered)}");
            await PrintAsync(context, emulators);
        });
        return command;
    }

    private static async Task PrintAsync(CliContext context, Emulators emulators)
    {
        var table = Tables.Plain("PLATFORM", "RUNS", "BY");
        foreach (var emulation in await Task.WhenAll(Emulators.Usual.Select(emulators.ForAsync)))
        {
            var (how, by) = emulation.Kind switch
            {
                EmulationKind.Native => ("[green]native[/]", "this machine"),
                EmulationKind.Emulated => (
                    "[yellow]emulated[/]",
                    $"{emulation.Handler} (flags {emulation.Flags})"
                        + (emulation.Limit is { } limit ? $"\n{limit}\n{emulation.Remedy}" : "")),
                _ => ("[red]no[/]", emulation.Problem + (emulation.Remedy is { } remedy ? $"\n{remedy}" : "")),
            };
            table.AddRow(emulation.Platform.ToString().EscapeMarkup(), how, by.EscapeMarkup());
        }
        Tables.Write(context, table);
    }
}
