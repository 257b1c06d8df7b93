namespace Manifold.EndToEnd.Building;

/// <summary>Situations whose builds have RUNs of busybox: as root, in a workshop of their own.</summary>
public abstract class WithRuns : IAsyncLifetime
{
    private protected readonly Workshop shop = new();

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await Workshop.NeedBusyBox();
    }

    public ValueTask DisposeAsync()
    {
        shop.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
