using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Events;
using Manifold.Oci;

namespace Manifold.Tests.Building;

/// <summary>What a record keeps of the machines that built.</summary>
public sealed class RecordingNodes : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 26, 2, 0, 0, TimeSpan.Zero);
    private static readonly Platform Amd64 = Platform.Parse("linux/amd64"), Arm64 = Platform.Parse("linux/arm64");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private async Task<BuildRecord> RecordAsync(params BuildEvent[] events)
    {
        using var store = Store.Open(folder["store"]);
        var recorder = new BuildRecorder(new RecorderTools(store, null!, TimeProvider.System), new BuildHeading("manifold 1", "bake", "f"));
        foreach (var e in events)
            recorder.Show(e);
        recorder.Add(new ComponentOutcome
        {
            Name = "api",
            FailedPlatforms = [new FailedPlatform(Amd64, "no"), new FailedPlatform(Arm64, "no")],
        });
        var record = await recorder.FinishAsync(null, TestContext.Current.CancellationToken);
        return RecordJson.Read(RecordJson.Write(record));
    }

    private static UnitPlaced Placed(string node) => new(Arm64, node, Arm64, "native") { Time = Start, Component = "api" };

    private static UnitReturned Returned(string node, long sent, double waited, string? lost = null) =>
        new(Arm64, node, new UnitTraffic(sent, 2 * sent, TimeSpan.FromSeconds(waited), TimeSpan.FromSeconds(2 * waited)))
        {
            Time = Start,
            Component = "api",
            Lost = lost,
        };

    private static RecordedNode? NodeOf(BuildRecord record, Platform platform) =>
        Assert.Single(record.Components).Platforms.Single(each => each.Platform == platform).Node;

    [Fact]
    public async Task a_platform_has_the_node_that_it_was_placed_on()
    {
        var record = await RecordAsync(Placed("pi"), Returned("pi", 83, 1.5));
        var node = NodeOf(record, Arm64)!;
        Assert.Equal(("pi", Arm64, "native"), (node.Name, node.Platform, node.Why));
        Assert.Equal((83, 166, 1.5, 3.0), (node.SentBytes, node.ReceivedBytes, node.WaitedSeconds, node.MovedSeconds));
        Assert.Empty(node.Lost);
        Assert.Null(NodeOf(record, Amd64));
        Assert.True(record.UsesNodes);
    }

    [Fact]
    public async Task lost_attempts_are_kept_and_their_cost_counts()
    {
        var record = await RecordAsync(Placed("pi"), Returned("pi", 100, 1, "gone"), Placed("big"), Returned("big", 10, 0.5));
        var node = NodeOf(record, Arm64)!;
        Assert.Equal(("big", 110, 1.5), (node.Name, node.SentBytes, node.WaitedSeconds));
        Assert.Equal([new RecordedLoss("pi", "gone")], node.Lost);
    }

    [Fact]
    public async Task a_node_that_never_answered_is_kept()
    {
        var node = NodeOf(await RecordAsync(Placed("pi")), Arm64)!;
        Assert.Equal(("pi", 0), (node.Name, node.SentBytes));
    }

    [Fact]
    public async Task transfers_to_nodes_are_no_publication()
    {
        var blob = SampleRecords.DigestOf("blob");
        var record = await RecordAsync(
            new Transferred(TransferKind.Send, blob, "pi", 1, 4) { Time = Start },
            new Transferred(TransferKind.Send, blob, "pi", 4, 4) { Time = Start },
            new Transferred(TransferKind.Send, blob, "big", 4, 4) { Time = Start },
            new Transferred(TransferKind.Receive, blob, "pi", 4, 4) { Time = Start });
        Assert.Equal(["sent pi 1 4", "sent big 1 4", "received pi 1 4"],
            record.Transfers.Select(each => $"{each.Kind} {each.Where} {each.Blobs} {each.Bytes}"));
        Assert.DoesNotContain(record.Phases, phase => phase.Name == "publish");
    }

    [Fact]
    public async Task without_nodes_there_is_no_member_for_them()
    {
        var record = await RecordAsync();
        Assert.False(record.UsesNodes);
        Assert.DoesNotContain("\"node", RecordJson.WriteReadable(record), StringComparison.Ordinal);
    }
}
