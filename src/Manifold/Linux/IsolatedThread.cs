using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>Runs work on a thread whose mounts and working folder nobody else sees, and which vanish with it.</summary>
/// <remarks>
/// Needs CAP_SYS_ADMIN. Processes started by the work inherit its mounts; they end before the work returns, else their mounts live on with
/// them. A thread and not a process: no second program to start, and the kernel undoes everything however this one ends.
/// <para>
/// <b>The work must neither await nor start anything on the thread pool.</b> A thread inherits the mounts of the one that creates it, so a
/// pool worker born here would keep them for ever and do other people's work among them: deleting a folder, it would delete what is mounted
/// in it.
/// </para>
/// </remarks>
internal static class IsolatedThread
{
    // .NET makes its one signal thread when a process is first started or a signal first handled, and callbacks of signals make pool
    // workers: it must not be an isolated thread that does so first.
    static IsolatedThread() => PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => { }).Dispose();

    public static Task<T> RunAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(() => Run(work), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // Two threads: the outer one completes the task, and what that wakes is no business of the isolated one's.
    private static T Run<T>(Func<T> work)
    {
        var result = default(T);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                MountCalls.UnshareThread();
                MountCalls.MakeAllPrivate();
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }, maxStackSize: 1024 * 1024)
        {
            IsBackground = true,
            Name = "isolated",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }
}
