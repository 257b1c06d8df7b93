using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Planning;

/// <summary>A base image in a plan's JSON.</summary>
internal sealed record PlannedBase
{
    public required string Image { get; init; }
    public required string Platform { get; init; }
    public required string Digest { get; init; }
    public required long Bytes { get; init; }
    public required string From { get; init; }

    public static PlannedBase Of(BaseImage image) => new()
    {
        Image = image.FoundAs.ToString(),
        Platform = image.Platform.ToString(),
        Digest = image.Descriptor.Digest.ToString(),
        Bytes = image.CompressedBytes,
        From = image.From,
    };
}

/// <summary>A step in a plan's JSON. Each kind has some of the members, in this order.</summary>
internal sealed record PlannedStep
{
    public required string Digest { get; init; }
    public required string Kind { get; init; }
    public required string Name { get; init; }
    public required string Platform { get; init; }
    public required int Line { get; init; }
    public string? Parent { get; init; }

    public string? Image { get; init; }
    public string? Manifest { get; init; }

    public string? Path { get; init; }
    public string? Owner { get; init; }

    public string? From { get; init; }
    public ImmutableArray<string>? Sources { get; init; }
    public string? Destination { get; init; }
    public string? Chown { get; init; }
    public string? Chmod { get; init; }
    public bool? Link { get; init; }
    public bool? Parents { get; init; }
    public ImmutableArray<string>? Exclude { get; init; }
    public bool? UnpackArchives { get; init; }

    public ImmutableArray<string>? Arguments { get; init; }
    public ImmutableArray<string>? Environment { get; init; }
    public string? WorkingDirectory { get; init; }
    public string? User { get; init; }
    public string? Network { get; init; }
    public string? Security { get; init; }
    public ImmutableArray<string>? Mounts { get; init; }

    public static PlannedStep Of(Step step)
    {
        var planned = new PlannedStep
        {
            Digest = step.Digest.ToString(),
            Kind = step switch { BaseStep => "base", RunStep => "run", CopyStep => "copy", _ => "workdir" },
            Name = step.Name,
            Platform = step.Platform.ToString(),
            Line = step.Line,
            Parent = step.Parent?.Digest.ToString(),
        };
        return step switch
        {
            BaseStep { Image: { } image } => planned with
            {
                Image = image.FoundAs.ToString(),
                Manifest = image.Descriptor.Digest.ToString(),
            },
            WorkdirStep workdir => planned with { Path = workdir.Path, Owner = workdir.Owner },
            CopyStep copy => planned.With(copy),
            RunStep run => planned.With(run),
            _ => planned,
        };
    }

    private PlannedStep With(CopyStep copy) => this with
    {
        From = copy.From?.Digest.ToString(),
        Sources = [.. copy.Sources, .. copy.Remotes.Select(remote => remote.Name), .. copy.InlineFiles.Select(file => file.Name)],
        Destination = copy.Destination,
        Chown = copy.Chown,
        Chmod = copy.Chmod?.Text,
        Link = copy.Link ? true : null,
        Parents = copy.Parents ? true : null,
        Exclude = copy.Exclude.IsEmpty ? null : [.. copy.Exclude],
        UnpackArchives = copy.UnpackArchives,
    };

    private PlannedStep With(RunStep run) => this with
    {
        Arguments = [.. run.Arguments],
        Environment = [.. run.Environment],
        WorkingDirectory = run.WorkingDirectory,
        User = run.User,
        Network = run.Network.ToString().ToLowerInvariant(),
        Security = run.Security.ToString().ToLowerInvariant(),
        Mounts = [.. run.Mounts.Select(mount => mount.Definition.Text)],
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IEnumerable<PlannedBase>))]
[JsonSerializable(typeof(IEnumerable<PlannedStep>))]
[JsonSerializable(typeof(IEnumerable<string>))]
internal sealed partial class PlanRecordsJson : JsonSerializerContext;
