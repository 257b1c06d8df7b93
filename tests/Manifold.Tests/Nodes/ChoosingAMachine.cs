using System.Collections.Immutable;
using Manifold.Nodes;
using Manifold.Nodes.Units;
using Manifold.Oci;

namespace Manifold.Tests.Nodes;

/// <summary>The machine of a unit depends on the platforms of its RUNs, on what each machine executes, and on the user's rules.</summary>
public sealed class ChoosingAMachine
{
    private static readonly PlacementRules Usual = new(AllowsEmulation: true, SharesWork: false);

    // This machine is an amd64 that emulates arm64; pi is native for arm64; big is another amd64; bare emulates riscv64.
    private static readonly ImmutableArray<PlacementCandidate> Machines =
    [
        Machine("here", "amd64", emulated: "arm64", isLocal: true), Machine("pi", "arm64"), Machine("big", "amd64"),
        Machine("bare", "ppc64le", emulated: "riscv64"),
    ];

    [Theory]
    [InlineData("", "here", "no RUN")]
    [InlineData("arm64", "pi", "native")]
    [InlineData("amd64", "big", "native")]
    [InlineData("riscv64", "bare", "emulated")]
    [InlineData("amd64 arm64", "here", "emulated")]
    [InlineData("linux/amd64/v3", "big", "native")]
    [InlineData("s390x", null, null)]
    public void nodes_come_first_and_emulation_last(string runs, string? machine, string? why)
    {
        var choice = Placement.Of(Platforms(runs), Machines, Usual);

        Assert.Equal(machine, choice is null ? null : string.Join(' ', choice.Candidates.Select(each => each.Name)));
        Assert.Equal(why, choice?.Why);
    }

    [Fact]
    public void this_machine_shares_the_work_if_it_is_named()
    {
        var choice = Placement.Of(Platforms("amd64"), Machines, Usual with { SharesWork = true });

        Assert.Equal(["here", "big"], choice!.Candidates.Select(each => each.Name));
    }

    [Fact]
    public void this_machine_builds_natively_what_no_node_can() =>
        Assert.Equal(["here"], Placement.Of(Platforms("amd64"), [Machines[0], Machines[1]], Usual)!.Candidates.Select(each => each.Name));

    [Fact]
    public void this_machine_emulates_before_a_node_does()
    {
        ImmutableArray<PlacementCandidate> machines = [Machines[0], Machine("far", "amd64", emulated: "arm64")];

        Assert.Equal(["here"], Placement.Of(Platforms("arm64"), machines, Usual)!.Candidates.Select(each => each.Name));
    }

    [Fact]
    public void emulation_can_be_forbidden()
    {
        Assert.Null(Placement.Of(Platforms("riscv64"), Machines, Usual with { AllowsEmulation = false }));
        var why = Placement.Explain(Platforms("riscv64"), Machines, Usual with { AllowsEmulation = false });
        Assert.Contains("bare is linux/ppc64le and could only emulate", why, StringComparison.Ordinal);
        Assert.Contains("pi is linux/arm64 and has no emulator for linux/riscv64", why, StringComparison.Ordinal);
    }

    [Fact]
    public void a_machine_that_cannot_execute_RUN_gets_units_without_one_only()
    {
        ImmutableArray<PlacementCandidate> machines = [Machines[0] with { Facts = Machines[0].Facts with { RunProblem = "no runc." } }];

        Assert.NotNull(Placement.Of([], machines, Usual));
        Assert.Null(Placement.Of(Platforms("amd64"), machines, Usual));
        Assert.Contains("this machine cannot execute RUN (no runc)",
            Placement.Explain(Platforms("amd64"), machines, Usual), StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_least_loaded_of_several_gets_the_next_unit()
    {
        var pool = new NodePool([Pooled("a", 2), Pooled("b", 4)], Usual);
        var taken = new List<string>();
        for (var i = 0; i < 6; i++)
            taken.Add((await pool.EnterAsync(new PlaceNeed(Platforms("amd64")), TestContext.Current.CancellationToken)).Machine.Name);

        // b takes twice as many as a; which of them is first if they are equally loaded, the unit's name decides.
        Assert.Equal((2, 4), (taken.Count(name => name == "a"), taken.Count(name => name == "b")));
        Assert.Equal((1, 2), (taken[..3].Count(name => name == "a"), taken[..3].Count(name => name == "b")));
    }

    [Fact]
    public async Task a_machine_that_lacked_something_for_a_unit_is_not_chosen_for_it_again()
    {
        var pool = new NodePool([Pooled("a", 2), Pooled("b", 2)], Usual);
        var need = new PlaceNeed(Platforms("amd64")) { Unfit = ["a"] };

        Assert.Equal("b", (await pool.EnterAsync(need, TestContext.Current.CancellationToken)).Machine.Name);
        await Assert.ThrowsAsync<HostNotReadyException>(
            () => pool.EnterAsync(need with { Unfit = ["a", "b"] }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task a_unit_goes_to_the_same_one_of_equally_loaded_machines_each_time()
    {
        var names = new[] { "api amd64", "web amd64", "base amd64", "proxy amd64", "cli amd64", "job amd64" };
        async Task<List<string>> Place(params PooledMachine[] machines)
        {
            var chosen = new List<string>();
            foreach (var name in names)
            {
                using var place = await new NodePool([.. machines], Usual).EnterAsync(
                    new PlaceNeed(Platforms("amd64")) { Unit = name }, TestContext.Current.CancellationToken);
                chosen.Add(place.Machine.Name);
            }
            return chosen;
        }
        var once = await Place(Pooled("a", 2), Pooled("b", 2));

        Assert.Equal(once, await Place(Pooled("b", 2), Pooled("a", 2)));
        Assert.Equal(["a", "b"], once.Distinct().Order());
    }

    [Fact]
    public async Task a_unit_waits_until_a_machine_has_a_place()
    {
        var pool = new NodePool([Pooled("a", 1)], Usual);
        var first = await pool.EnterAsync(new PlaceNeed(Platforms("amd64")), TestContext.Current.CancellationToken);
        var second = pool.EnterAsync(new PlaceNeed(Platforms("amd64")), TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);

        first.Dispose();

        Assert.Equal("a", (await second).Machine.Name);
    }

    [Fact]
    public async Task a_unit_that_is_canceled_while_it_waits_takes_no_place()
    {
        var pool = new NodePool([Pooled("a", 1)], Usual);
        var first = await pool.EnterAsync(new PlaceNeed(Platforms("amd64")), TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        var second = pool.EnterAsync(new PlaceNeed(Platforms("amd64")), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);

        first.Dispose();

        Assert.True(pool.EnterAsync(new PlaceNeed(Platforms("amd64")), TestContext.Current.CancellationToken).IsCompletedSuccessfully);
    }

    private static PooledMachine Pooled(string name, int jobs) => new(Machine(name, "amd64") with { Jobs = jobs }, null);

    private static ImmutableArray<Platform> Platforms(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Platform.Parse)];

    private static PlacementCandidate Machine(string name, string native, string emulated = "", bool isLocal = false) =>
        new(name, isLocal, new NodeFacts
        {
            Version = "1",
            Identity = name,
            Platform = Platform.Parse(native),
            Native = Platforms(native),
            Emulated = Platforms(emulated),
            Store = "/store",
        }, 4);
}
