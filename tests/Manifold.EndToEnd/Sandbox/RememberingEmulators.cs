using Manifold.Content;
using Manifold.Oci;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

/// <summary>A registered emulator that was seen to work is not started again by each build.</summary>
public sealed class RememberingEmulators : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task a_build_starts_no_program_for_an_emulator_that_worked_before()
    {
        var platform = Emulated();
        using (var store = Store.Open(folder["store"]))
            Assert.Equal(EmulationKind.Emulated, (await new Emulators(store, remembers: true).ForAsync(platform)).Kind);
        Directory.Delete(folder["store/work"], recursive: true);

        using (var store = Store.Open(folder["store"]))
            Assert.Equal(EmulationKind.Emulated, (await new Emulators(store, remembers: true).ForAsync(platform)).Kind);

        Assert.False(Directory.Exists(folder["store/work"])); // where the program would have been written
    }

    [Fact]
    public async Task whoever_asks_how_the_machine_is_has_it_tried()
    {
        var platform = Emulated();
        using (var store = Store.Open(folder["store"]))
            await new Emulators(store, remembers: true).ForAsync(platform);
        Directory.Delete(folder["store/work"], recursive: true);

        using (var store = Store.Open(folder["store"]))
            await new Emulators(store).ForAsync(platform);

        Assert.True(Directory.Exists(folder["store/work"]));
    }

    [Fact]
    public void another_registration_is_not_known()
    {
        var platform = Emulated();
        using var store = Store.Open(folder["store"]);
        var (processor, entry) = Registration(platform);
        var memory = new EmulatorMemory(store);
        Assert.False(memory.Works(processor, entry));
        memory.Remember(processor, entry);
        Assert.True(memory.Works(processor, entry));

        Assert.False(memory.Works(processor, entry with { Flags = entry.Flags + "X" }));
        Assert.False(memory.Works(processor, entry with { Interpreter = "/bin/sh" }));
        Assert.False(memory.Works(processor, entry with { Name = "gone" }));
        var file = folder[$"store/cache/emulators/{processor.Architecture}.json"];
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        Assert.Contains(boot, File.ReadAllText(file), StringComparison.Ordinal);
        File.WriteAllText(file, File.ReadAllText(file).Replace(boot, $"{Guid.NewGuid()}", StringComparison.Ordinal));
        Assert.False(memory.Works(processor, entry));
    }

    private static Platform Emulated()
    {
        foreach (var platform in Emulators.Usual.Where(platform => platform.Architecture is "arm64" or "riscv64" or "amd64"))
            if (platform.Architecture != Platform.Host.Architecture
                && Processor.All.FirstOrDefault(each => each.Architecture == platform.Architecture) is { } processor
                && BinfmtMisc.Read().Any(entry => entry.Enabled && entry.Matches(processor.Header)))
                return platform;
        Assert.Skip("No emulator is registered.");
        return default;
    }

    private static (Processor, BinfmtMisc.Entry) Registration(Platform platform)
    {
        var processor = Processor.All.First(each => each.Architecture == platform.Architecture);
        return (processor, BinfmtMisc.Read().First(entry => entry.Enabled && entry.Matches(processor.Header)));
    }
}
