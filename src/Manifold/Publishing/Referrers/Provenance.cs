using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Text;
using Manifold.Verification.Packages;

namespace Manifold.Publishing.Referrers;

/// <summary>When and by what something was built.</summary>
internal sealed record Invocation(string Id, DateTimeOffset Started, DateTimeOffset Finished, string Version);

/// <summary>Where an image came from: a statement after SLSA's provenance v1, for one platform's manifest.</summary>
/// <remarks>
/// Secrets are not part of what a build is asked; a build argument whose name sounds like one is named without its value,
/// and addresses in values are without user, password and query.
/// Source: in-toto Statement v1; SLSA "Provenance" v1.
/// </remarks>
internal sealed partial record Provenance
{
    public const string MediaType = "application/vnd.in-toto+json";
    public const string PredicateType = "https://slsa.dev/provenance/v1";
    public const string BuildType = "urn:manifold:build:v1";
    private const string Builder = "urn:manifold:cli", Withheld = "(withheld)";

    public required Descriptor Subject { get; init; }
    public required ImageReference Name { get; init; }
    public required Platform Platform { get; init; }
    public required BuildRequest Request { get; init; }
    public required BuildPlan Plan { get; init; }
    public required (string Path, Digest Digest) Dockerfile { get; init; }
    public GitCommit? Commit { get; init; }
    public required Invocation Invocation { get; init; }

    /// <summary>Without the values of build arguments, as <c>mode=min</c> has it.</summary>
    public bool IsMinimal { get; init; }

    /// <summary>What it says apart from when: equal for two builds of the same from the same.</summary>
    public Digest Key => Digest.Of(ToJson(withTimes: false));

    public byte[] ToJson() => ToJson(withTimes: true);

    private byte[] ToJson(bool withTimes)
    {
        var subject = new ProvenanceResource
        {
            Name = PackageUrl.OfImage(Name, Subject.Digest, Platform),
            Digest = One(Subject.Digest.Algorithm, Subject.Digest.Hex),
        };
        var predicate = new ProvenancePredicate(Definition(), Run(withTimes));
        return OciJson.Write(
            new ProvenanceStatement("https://in-toto.io/Statement/v1", [subject], PredicateType, predicate),
            ProvenanceJson.Default.ProvenanceStatement);
    }

    private ProvenanceDefinition Definition() => new()
    {
        BuildType = BuildType,
        ExternalParameters = new ProvenanceParameters(
            new ProvenanceDockerfile(Dockerfile.Path, Dockerfile.Digest.ToString()), Platform.ToString(), Request.Target, Arguments()),
        InternalParameters = new ProvenanceInternals(Plan.FileTime, Request.BuildPlatform.ToString()),
        ResolvedDependencies = [.. Source(), .. Bases()],
    };

    private ImmutableSortedDictionary<string, string> Arguments() => Request.BuildArguments
        .Where(argument => !argument.Key.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase))
        .ToImmutableSortedDictionary(
            argument => argument.Key,
            argument => IsMinimal || SecretName().IsMatch(argument.Key) ? Withheld : AddressSecrets.Without(argument.Value),
            Request.BuildArguments.KeyComparer);

    private IEnumerable<ProvenanceResource> Source()
    {
        if (Commit is not { } commit)
            yield break;
        yield return new ProvenanceResource
        {
            Uri = commit.Remote is null ? "git:" : $"git+{commit.Remote}",
            Digest = One("gitCommit", commit.Id),
            Annotations = commit.IsChanged ? new ProvenanceAnnotations(true) : null,
        };
    }

    private IEnumerable<ProvenanceResource> Bases() =>
        BasesOf(Plan.Images.First(plan => plan.Platform == Platform).Last)
            .DistinctBy(ground => ground.Descriptor.Digest).OrderBy(ground => ground.Descriptor.Digest)
            .Select(ground => new ProvenanceResource
            {
                Uri = PackageUrl.OfImage(ground.FoundAs, ground.Descriptor.Digest, ground.Platform),
                Digest = One(ground.Descriptor.Digest.Algorithm, ground.Descriptor.Digest.Hex),
            });

    private ProvenanceRun Run(bool withTimes) => new(
        new ProvenanceBuilder(Builder, One("manifold", Invocation.Version)),
        withTimes ? new ProvenanceMetadata(Invocation.Id, Written(Invocation.Started), Written(Invocation.Finished)) : null);

    private static string Written(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static ImmutableSortedDictionary<string, string> One(string name, string value) =>
        ImmutableSortedDictionary<string, string>.Empty.Add(name, value);

    /// <summary>Every image that something of the result came from, through all stages.</summary>
    private static IEnumerable<BaseImage> BasesOf(Step last)
    {
        var seen = new HashSet<Digest>();
        var rest = new Stack<Step>([last]);
        while (rest.TryPop(out var step))
        {
            if (!seen.Add(step.Digest))
                continue;
            if (step is BaseStep { Image: { } image })
                yield return image;
            foreach (var below in step.ReadsFrom.Concat(step.Parent is null ? [] : [step.Parent]))
                rest.Push(below);
        }
    }

    [GeneratedRegex("pass|pwd|secret|token|key|credential|auth", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();
}
