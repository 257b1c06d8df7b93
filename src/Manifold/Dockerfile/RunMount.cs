using System.Diagnostics.CodeAnalysis;

namespace Manifold.Dockerfile;

internal enum MountType { Bind, Cache, Tmpfs, Secret, Ssh }

internal enum CacheSharing { Shared, Private, Locked }

/// <summary>One <c>RUN --mount=…</c>.</summary>
/// <remarks>
/// Where <see cref="NeedsExpansion"/> is set, everything but <see cref="From"/> is not read yet: <see cref="TryParse"/> of
/// <see cref="Text"/> with the values of that line gives the mount.
/// </remarks>
internal sealed record RunMount
{
    /// <summary>The flag's value as it was written.</summary>
    public required string Text { get; init; }
    public required bool NeedsExpansion { get; init; }
    public MountType Type { get; init; }
    public string? Id { get; init; }
    public string? From { get; init; }
    public string? Source { get; init; }
    public string? Target { get; init; }

    /// <summary>Bind mounts and secrets are read-only unless told otherwise; caches and tmpfs are not.</summary>
    public bool ReadOnly { get; init; }
    public bool Required { get; init; }

    /// <summary>The environment variable that a secret is put into.</summary>
    public string? Env { get; init; }
    public CacheSharing Sharing { get; init; }

    /// <summary>One cache for all architectures: what it holds does not depend on them.</summary>
    public bool ShareArchitectures { get; init; }

    /// <summary>Permissions, given in octal.</summary>
    public int? Mode { get; init; }
    public int? Uid { get; init; }
    public int? Gid { get; init; }

    /// <summary>Of a tmpfs, in bytes.</summary>
    public long? Size { get; init; }

    /// <summary>Reads a flag's value.</summary>
    /// <param name="expand">Replaces the variables of one value; null at first reading, when they have no values yet.</param>
    public static bool TryParse(
        string text,
        Func<string, ExpansionResult>? expand,
        [NotNullWhen(true)] out RunMount? mount,
        [NotNullWhen(false)] out MountError? error)
    {
        var reader = new MountReader(text, expand);
        mount = reader.Read();
        error = reader.Error;
        return error is null;
    }
}

/// <summary>What is wrong with a mount, and what to do.</summary>
/// <param name="Field">The field that is wrong, as it is written; null for the mount as a whole.</param>
internal sealed record MountError(string Message, string? Hint = null, string? Field = null);
