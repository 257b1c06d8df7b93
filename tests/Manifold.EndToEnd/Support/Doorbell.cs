using System.Net;

namespace Manifold.EndToEnd.Support;

/// <summary>
/// An address at which a RUN rings and waits, so that a test can look around meanwhile: <c>busybox wget -q -O /dev/null ADDRESS</c> ends
/// when the test lets it.
/// </summary>
public sealed class Doorbell : IDisposable
{
    private readonly HttpListener listener;

    /// <param name="answer">Called for each ring; the RUN goes on when it is done, and fails where it fails.</param>
    public Doorbell(Func<Task> answer)
    {
        (listener, Address) = StaticServer.Listen();
        _ = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                try
                {
                    var context = await listener.GetContextAsync();
                    try
                    {
                        await answer();
                    }
                    catch (Exception e) when (e is not HttpListenerException)
                    {
                        Failure = e;
                        context.Response.StatusCode = 500;
                    }
                    Rings++;
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
                {
                    // The listener ends, or a client went away.
                }
            }
        });
    }

    public string Address { get; }

    public int Rings { get; private set; }

    /// <summary>Why the last ring was not answered well.</summary>
    public Exception? Failure { get; private set; }

    public void Dispose() => listener.Close();
}
