using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Manifold.Building;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Text;
using Manifold.Verification.Packages;

namespace Manifold.Publishing.Referrers;

/// <summary>When and by what something was built.</summary>
public sealed record Invocation(string Id, DateTimeOffset Started, DateTimeOffset Finished, string Version);

/// <summary>Where an image came from: a statement after SLSA's provenance v1, for one platform's manifest.</summary>
/// <remarks>
/// Secrets are not part of what a build is asked; a build argument whose name sounds like one is named without its value,
/// and addresses in values are without user, password and query.
/// Source: in-toto Statement v1; SLSA "Provenance" v1.
/// </remarks>
public sealed partial record Provenance
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
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("_type", "https://in-toto.io/Statement/v1");
            json.WriteStartArray("subject");
            WriteResource(json, "name", PackageUrl.OfImage(Name, Subject.Digest, Platform), Subject.Digest.Algorithm, Subject.Digest.Hex);
            json.WriteEndArray();
            json.WriteString("predicateType", PredicateType);
            json.WriteStartObject("predicate");
            json.WriteStartObject("buildDefinition");
            json.WriteString("buildType", BuildType);
            WriteParameters(json);
            WriteDependencies(json);
            json.WriteEndObject();
            WriteRun(json, withTimes);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private void WriteParameters(Utf8JsonWriter json)
    {
        json.WriteStartObject("externalParameters");
        json.WriteStartObject("dockerfile");
        json.WriteString("path", Dockerfile.Path);
        json.WriteString("digest", Dockerfile.Digest.ToString());
        json.WriteEndObject();
        json.WriteString("platform", Platform.ToString());
        if (Request.Target is { } target)
            json.WriteString("target", target);
        json.WriteStartObject("buildArguments");
        foreach (var (name, value) in Request.BuildArguments.Where(argument => !argument.Key.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)))
            json.WriteString(name, IsMinimal || SecretName().IsMatch(name) ? Withheld : AddressSecrets.Without(value));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("internalParameters");
        json.WriteNumber("fileTime", Plan.FileTime);
        json.WriteString("buildPlatform", Request.BuildPlatform.ToString());
        json.WriteEndObject();
    }

    private void WriteDependencies(Utf8JsonWriter json)
    {
        json.WriteStartArray("resolvedDependencies");
        if (Commit is { } commit)
        {
            json.WriteStartObject();
            json.WriteString("uri", commit.Remote is null ? "git:" : $"git+{commit.Remote}");
            json.WriteStartObject("digest");
            json.WriteString("gitCommit", commit.Id);
            json.WriteEndObject();
            if (commit.IsChanged)
            {
                json.WriteStartObject("annotations");
                json.WriteBoolean("locallyModified", true);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        var image = Plan.Images.First(plan => plan.Platform == Platform);
        foreach (var ground in BasesOf(image.Last).DistinctBy(ground => ground.Descriptor.Digest).OrderBy(ground => ground.Descriptor.Digest))
            WriteResource(json, "uri", PackageUrl.OfImage(ground.FoundAs, ground.Descriptor.Digest, ground.Platform),
                ground.Descriptor.Digest.Algorithm, ground.Descriptor.Digest.Hex);
        json.WriteEndArray();
    }

    private void WriteRun(Utf8JsonWriter json, bool withTimes)
    {
        json.WriteStartObject("runDetails");
        json.WriteStartObject("builder");
        json.WriteString("id", Builder);
        json.WriteStartObject("version");
        json.WriteString("manifold", Invocation.Version);
        json.WriteEndObject();
        json.WriteEndObject();
        if (withTimes)
        {
            json.WriteStartObject("metadata");
            json.WriteString("invocationId", Invocation.Id);
            json.WriteString("startedOn", Invocation.Started.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteString("finishedOn", Invocation.Finished.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter json, string member, string name, string algorithm, string hex)
    {
        json.WriteStartObject();
        json.WriteString(member, name);
        json.WriteStartObject("digest");
        json.WriteString(algorithm, hex);
        json.WriteEndObject();
        json.WriteEndObject();
    }

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
