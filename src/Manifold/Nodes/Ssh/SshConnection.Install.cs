using System.Globalization;
using System.IO.Compression;
using Manifold.Linux;
using Manifold.Text;

namespace Manifold.Nodes.Ssh;

/// <summary>The program's way to the host.</summary>
internal sealed partial class SshConnection
{
    private const int NotStored = 3, NotWhole = 4, BlockBytes = 128 * 1024;

    private const string UseScript = "test -x \"$1\" && touch \"$1\"";

    // $1 the folder, $2 the program's SHA-256, $3 its size, $4 a name that nobody else has, $5 the command that unpacks the input
    private const string CopyScript = "umask 077; d=\"$1/programs/$2\"; t=\"$1/programs/.part-$4\"; "
        + "clean() { rm -f \"$t\"; }; trap clean EXIT; trap \"exit 1\" HUP INT TERM PIPE; "
        // What a killed copy left, and programs that were not used for a month.
        + "find \"$1/programs\" -name \".part-*\" -mtime +0 -exec rm -f {} \";\" 2>/dev/null; "
        + "for each in \"$1\"/programs/*/manifold; do test -n \"$(find \"$each\" -mtime +30 2>/dev/null)\" "
        + "&& rm -f \"$each\" && rmdir \"${each%/manifold}\" 2>/dev/null; done; "
        + "mkdir -p \"$d\" || exit 3; $5 >\"$t\" || exit 3; "
        + "if command -v sha256sum >/dev/null 2>&1; then s=$(sha256sum <\"$t\"); test \"${s%% *}\" = \"$2\" || exit 4; "
        + "else test \"$(wc -c <\"$t\")\" -eq \"$3\" || exit 4; fi; "
        + "chmod 700 \"$t\" && mv -f \"$t\" \"$d/manifold\" || exit 3";

    /// <summary>Copies the program to the host, unless it is there already.</summary>
    /// <param name="program">The program for the host's platform.</param>
    /// <param name="progress">Gets the bytes of the program that are sent so far, and its size.</param>
    /// <returns>The path of the program there. It is executable and whole.</returns>
    /// <remarks>Several callers at once do no harm. Programs that were not used for 30 days are removed when a new one is copied.</remarks>
    /// <exception cref="SshException">It can't be stored there, or the connection is lost.</exception>
    public async Task<string> InstallAsync(
        NodeProgram program, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        var path = $"{Profile.Folder}/programs/{program.Digest.Hex}/manifold";
        if (Profile.Programs.Contains(program.Digest) && await IsUsableAsync(path, cancellation).ConfigureAwait(false))
            return path;
        if (Profile.FreeBytes < program.Size)
            throw Full(program, $"{Amounts.Bytes(Profile.FreeBytes.Value)} are free");
        await CopyAsync(program, progress, cancellation).ConfigureAwait(false);
        return path;
    }

    private async Task CopyAsync(NodeProgram program, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        await using var session = StartSession(RemoteCommand.Of(CopyScript, Profile.Folder, program.Digest.Hex,
            program.Size.ToString(CultureInfo.InvariantCulture), Guid.NewGuid().ToString("N"), Profile.HasGzip ? "gzip -dc" : "cat"));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var sending = SendAsync(program, session, progress, either.Token);
        try
        {
            // If the command there ends first, it has failed, and nobody reads the rest.
            if (await Task.WhenAny(sending, session.Exit).WaitAsync(cancellation).ConfigureAwait(false) == sending)
                await sending.ConfigureAwait(false);
            if (await session.Exit.WaitAsync(cancellation).ConfigureAwait(false) is not 0 and var code)
                throw OfCopying(program, code, session.ErrorTail);
        }
        finally
        {
            await either.CancelAsync().ConfigureAwait(false);
            await sending.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
                .ConfigureAwait(false);
        }
    }

    private async Task<bool> IsUsableAsync(string path, CancellationToken cancellation)
    {
        await using var session = StartSession(RemoteCommand.Of(UseScript, path));
        session.Input.Close();
        var code = await session.Exit.WaitAsync(cancellation).ConfigureAwait(false);
        return code == SshComplaint.ExitCode ? throw client.Complaint.OfLosing(session.ErrorTail) : code == 0;
    }

    private async Task SendAsync(
        NodeProgram program, PipedProcess session, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        var content = program.Open();
        await using (content.ConfigureAwait(false))
        {
            var packed = Profile.HasGzip ? new GZipStream(session.Input, CompressionLevel.Optimal) : session.Input;
            await using (packed.ConfigureAwait(false))
            {
                var buffer = new byte[BlockBytes];
                for (long done = 0; await content.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var count;)
                {
                    await packed.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
                    progress?.Report((done += count, program.Size));
                }
            }
        }
    }

    private SshException OfCopying(NodeProgram program, int code, string error) => code switch
    {
        SshComplaint.ExitCode => client.Complaint.OfLosing(error),
        _ when HostCheck.IsDiskFull(error) => Full(program, SshComplaint.LastLine(error)),
        NotWhole => new SshException(SshProblem.Damaged,
            $"Copying the program to '{Address}': it arrived damaged. Run the same command again."),
        NotStored => new SshException(SshProblem.Unwritable,
            $"Copying the program to '{Address}': {SshComplaint.LastLine(error)}. Fix this "
                + $"there, or set 'folder:' of the node to another folder than '{ForeignText.Line(Profile.Folder)}'."),
        _ => new SshException(SshProblem.CommandFailed, string.Create(CultureInfo.InvariantCulture,
            $"Copying the program to '{Address}': exit code {code}: {SshComplaint.LastLine(error)}")),
    };

    private SshException Full(NodeProgram program, string reason) => new(SshProblem.DiskFull,
        $"Copying the program to '{Address}': its disk is full: {reason}, and the program needs {Amounts.Bytes(program.Size)} in "
            + $"'{ForeignText.Line(Profile.Folder)}'. Free space there, or set 'folder:' of the node to a folder on another disk.");
}
