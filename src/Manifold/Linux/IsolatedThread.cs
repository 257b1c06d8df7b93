namespace Manifold.Linux;

/// <summary>Runs work on a thread whose mounts and working folder nobody else sees, and which vanish with it.</summary>
/// <remarks>
/// Needs CAP_SYS_ADMIN. Processes started by the work inherit its mounts; they end before the work returns, else their mounts live on with them.
/// A thread and not a process: no second program to start, and the kernel undoes everything however this one ends.
/// </remarks>
internal static class IsolatedThread
{
    public static Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                MountCalls.UnshareThread();
                MountCalls.MakeAllPrivate();
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }, maxStackSize: 1024 * 1024) { IsBackground = true, Name = "isolated" }.Start();
        return done.Task;
    }
}
