using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>What RUN, CMD, ENTRYPOINT and HEALTHCHECK start.</summary>
internal sealed record CommandLine
{
    /// <summary>Written as a JSON array: started as it is, without a shell.</summary>
    public required bool IsExec { get; init; }

    /// <summary>The exec form's words; the shell form's one text, or nothing where there was none.</summary>
    public required ImmutableArray<string> Words { get; init; }
}

internal enum RunNetwork { Default, None, Host }

internal enum RunSecurity { Sandbox, Insecure }

/// <summary><c>RUN [--mount=…]… [--network=…] [--security=…] command</c></summary>
internal sealed record RunInstruction : Instruction
{
    public required CommandLine Command { get; init; }
    public required ImmutableArray<Heredoc> Heredocs { get; init; }
    public required ImmutableArray<RunMount> Mounts { get; init; }
    public required RunNetwork Network { get; init; }
    public required RunSecurity Security { get; init; }

    /// <summary>
    /// The content of the one heredoc that the whole command is, or null. It is the shell's script; where it begins with <c>#!</c>,
    /// it is a file to be started.
    /// </summary>
    public string? Script => Heredocs.Length == 1 && Heredoc.Parse(Command.Words[0]) is not null ? Heredocs[0].Text : null;

    /// <summary>Below <c>&lt;&lt;-</c>, tabs before <c>#!</c> do not count.</summary>
    public bool ScriptIsFile => Script is { } script && script.StartsWith("#!", StringComparison.Ordinal);

    /// <summary>
    /// The shell form's text for the shell: the script, or the command with the heredocs below it, which the shell then reads.
    /// </summary>
    public string ShellText => Script
        ?? string.Concat(Heredocs.Select(each => $"\n{each.Content}{each.Name}").Prepend(Command.Words.FirstOrDefault() ?? ""));
}

internal sealed record CmdInstruction : Instruction
{
    public required CommandLine Command { get; init; }
}

internal sealed record EntrypointInstruction : Instruction
{
    public required CommandLine Command { get; init; }
}

internal sealed record ShellInstruction : Instruction
{
    public required ImmutableArray<string> Words { get; init; }
}

/// <summary><c>HEALTHCHECK NONE</c>, or a test and its times in nanoseconds, 0 where the default applies.</summary>
internal sealed record HealthcheckInstruction : Instruction
{
    /// <summary>Null for NONE.</summary>
    public required CommandLine? Test { get; init; }

    public long Interval { get; init; }
    public long Timeout { get; init; }
    public long StartPeriod { get; init; }
    public long StartInterval { get; init; }
    public int Retries { get; init; }
}
