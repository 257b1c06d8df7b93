namespace Manifold.Tests.Support;

/// <summary>
/// Waits for what must come, however busy the machine is. The bounds are there so that a test that would never end fails; nothing is
/// measured with them, so they are far longer than anything takes.
/// </summary>
public static class Eventually
{
    public static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    /// <summary>Waits until <paramref name="condition"/> holds.</summary>
    public static Task Is(Func<bool> condition, string? otherwise = null) => Is(() => Task.FromResult(condition()), otherwise);

    public static async Task Is(Func<Task<bool>> condition, string? otherwise = null)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Bound, otherwise ?? "It did not come to be.");
            await Task.Delay(20);
        }
    }

    /// <summary>The result of what ends by itself.</summary>
    public static Task<T> Ends<T>(Task<T> task) => task.WaitAsync(Bound);

    public static Task Ends(Task task) => task.WaitAsync(Bound);
}
