namespace Manifold.Publishing;

/// <summary>A token that is canceled some time after another one, so that requests that are under way can end.</summary>
internal sealed class Grace : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly CancellationTokenRegistration registration;

    public Grace(TimeSpan time, CancellationToken cancellation) =>
        registration = cancellation.Register(() => source.CancelAfter(time));

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        registration.Dispose(); // waits for the callback, which uses the source
        source.Dispose();
    }
}
