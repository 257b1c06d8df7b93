using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>One piece of work that makes or changes a file system, for one platform.</summary>
/// <remarks>
/// A closed family: <see cref="BaseStep"/>, <see cref="WorkdirStep"/>, <see cref="CopyStep"/>, <see cref="RunStep"/>.
/// <see cref="Digest"/> is computed from the definition and the parents', so the same work for two platforms is one step.
/// </remarks>
public abstract record Step
{
    public required Digest Digest { get; init; }

    /// <summary>The step below in the same stage; null for a base.</summary>
    public required Step? Parent { get; init; }

    /// <summary>The platform that the step's file system belongs to.</summary>
    public required Platform Platform { get; init; }

    /// <summary>Where the instruction begins, in the Dockerfile as the user named it.</summary>
    public required Place Place { get; init; }

    /// <summary>The instruction's first line, from 1.</summary>
    public int Line => Place.Line;

    /// <summary>For people, e.g. <c>[build 2/5] RUN make</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The stage that the instruction stands in, as <see cref="Name"/> has it;
    /// empty where the file has but one, and for bases, which belong to none.
    /// </summary>
    public string Stage { get; init; } = "";

    /// <summary>The places where its variables got their values: for messages, and not part of the digest.</summary>
    public ImmutableDictionary<string, Place> VariablePlaces { get; init; } = ImmutableDictionary<string, Place>.Empty;

    /// <summary>Other steps whose files it reads.</summary>
    public virtual IEnumerable<Step> ReadsFrom => [];

    /// <summary>The step and all below it, the base first.</summary>
    public IEnumerable<Step> Lineage
    {
        get
        {
            var steps = new List<Step>();
            for (var step = this; step is not null; step = step.Parent)
                steps.Add(step);
            steps.Reverse();
            return steps;
        }
    }
}

/// <summary>A stage's ground: a platform's image in a registry or in the store, or nothing (<c>scratch</c>).</summary>
internal sealed record BaseStep : Step
{
    public required BaseImage? Image { get; init; }
}

/// <summary>Makes a working directory where it is not there.</summary>
internal sealed record WorkdirStep : Step
{
    public required string Path { get; init; }

    /// <summary>The owner as USER has it (<c>name|uid[:name|gid]</c>); empty is root.</summary>
    public required string Owner { get; init; }
}

/// <summary>COPY and ADD: files from the context, from another stage or from an image.</summary>
internal sealed record CopyStep : Step
{
    /// <summary>The step whose result is copied from; null means the context.</summary>
    public required Step? From { get; init; }

    public override IEnumerable<Step> ReadsFrom => From is null ? [] : [From];

    /// <summary>The named context that is copied from; null means the context itself.</summary>
    public FolderSource? Folder { get; init; }

    public required ImmutableArray<string> Sources { get; init; }

    /// <summary>Absolute; ends in <c>/</c> where the instruction's did.</summary>
    public required string Destination { get; init; }

    /// <summary><c>--chown</c>, <c>name|uid[:name|gid]</c>; null keeps root (context) or the source's owner (<c>--from</c>).</summary>
    public string? Chown { get; init; }

    /// <summary><c>--chmod</c>; null keeps the source's mode.</summary>
    public FileModeChange? Chmod { get; init; }

    /// <summary><c>--link</c>: what is below decides nothing, not even by its links and folders.</summary>
    public bool Link { get; init; }

    /// <summary><c>--parents</c>: sources keep their folders, from a <c>/./</c> on where there is one.</summary>
    public bool Parents { get; init; }

    /// <summary><c>--exclude</c>: what is left out of each source, as an ignore file's lines.</summary>
    public ImmutableArray<string> Exclude { get; init; } = [];

    /// <summary>Files whose text stands in the Dockerfile itself.</summary>
    public ImmutableArray<InlineFile> InlineFiles { get; init; } = [];

    /// <summary>ADD: local archives are unpacked.</summary>
    public bool UnpackArchives { get; init; }

    /// <summary>ADD: what is fetched from elsewhere; it comes after <see cref="Sources"/>.</summary>
    public ImmutableArray<RemoteSource> Remotes { get; init; } = [];
}

/// <summary>A named context that is a folder.</summary>
internal sealed record FolderSource(string Name, string Path);

/// <summary>A heredoc that COPY or ADD turns into a file.</summary>
internal sealed record InlineFile(string Name, string Content);

/// <summary>RUN: a program in the file system made so far.</summary>
internal sealed record RunStep : Step
{
    public required ImmutableArray<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c>: the image's environment, then the build arguments in scope.</summary>
    public required ImmutableArray<string> Environment { get; init; }

    /// <summary>Proxy settings: handed to the program, in neither the digest nor the history.</summary>
    public ImmutableArray<string> ProxyEnvironment { get; init; } = [];

    public required string WorkingDirectory { get; init; }
    public required string User { get; init; }

    public RunNetwork Network { get; init; }
    public RunSecurity Security { get; init; }

    /// <summary>The file that the RUN starts: a heredoc that begins with <c>#!</c>, by its path in the RUN.</summary>
    public InlineFile? Script { get; init; }

    public ImmutableArray<StepMount> Mounts { get; init; } = [];

    public override IEnumerable<Step> ReadsFrom => Mounts.Select(mount => mount.From).OfType<Step>().Distinct();
}
