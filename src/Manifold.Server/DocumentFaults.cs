using System.Text.Json;
using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>Finds what makes a pushed document mean different things to different clients, or nothing to some. Pure.</summary>
/// <remarks>
/// Other parsers take the last of two members of one name, or either spelling of it, or treat null as absent. What a manifest says must not
/// depend on the reader. Source: OCI image specification, "Image Manifest", "Image Index", "Content Descriptors", and its JSON schema;
/// CVE-2021-41190 for documents that are manifest and index at once.
/// </remarks>
internal static partial class DocumentFaults
{
    private static readonly string[] RootMembers =
        ["schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations"];

    private static readonly string[] DescriptorMembers =
        ["mediaType", "digest", "size", "urls", "annotations", "data", "artifactType", "platform"];

    /// <summary>The first fault in one sentence; null if there is none.</summary>
    public static string? FirstIn(string mediaType, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? "It is not a JSON object." : InRoot(mediaType, root);
        }
        catch (JsonException e)
        {
            return $"It is not valid JSON: {e.Message}";
        }
    }

    private static string? InRoot(string mediaType, JsonElement root)
    {
        var isIndex = MediaType.IsIndex(mediaType);
        if (!isIndex && !MediaType.IsManifest(mediaType))
            return $"'{mediaType}' is not the media type of a manifest or an index.";
        if (InMembers(root, RootMembers, "") is { } fault)
            return fault;
        if (!root.TryGetProperty("schemaVersion", out var version) || version.ValueKind != JsonValueKind.Number
            || !version.TryGetInt32(out var number) || number != 2)
            return "'schemaVersion' must be 2.";
        if (root.TryGetProperty("mediaType", out var said) && (said.ValueKind != JsonValueKind.String || said.GetString() != mediaType))
            return $"'mediaType' is {said.GetRawText()}, but the document was sent as '{mediaType}'.";
        if (mediaType is MediaType.DockerIndex or MediaType.DockerManifest && said.ValueKind == JsonValueKind.Undefined)
            return "'mediaType' is missing.";
        foreach (var other in isIndex ? ["config", "layers", "fsLayers"] : new[] { "manifests", "fsLayers" })
        {
            if (root.TryGetProperty(other, out _))
                return $"It has '{other}', which is not allowed in {(isIndex ? "an index" : "a manifest")}.";
        }
        return InLists(root, isIndex);
    }

    private static string? InLists(JsonElement root, bool isIndex)
    {
        var list = isIndex ? "manifests" : "layers";
        if (!root.TryGetProperty(list, out var entries) || entries.ValueKind != JsonValueKind.Array)
            return $"'{list}' must be a list.";
        if (!isIndex && !root.TryGetProperty("config", out _))
            return "'config' is missing.";
        var i = 0;
        foreach (var entry in entries.EnumerateArray())
        {
            if (InDescriptor(entry, $"{list}[{i++}]") is { } fault)
                return fault;
        }
        foreach (var single in new[] { "config", "subject" })
        {
            if (root.TryGetProperty(single, out var descriptor) && InDescriptor(descriptor, single) is { } fault)
                return fault;
        }
        return root.TryGetProperty("annotations", out var annotations) ? InAnnotations(annotations, "annotations") : null;
    }

    private static string? InDescriptor(JsonElement entry, string place)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            return $"'{place}' must be an object.";
        if (InMembers(entry, DescriptorMembers, place + ".") is { } fault)
            return fault;
        if (TextOf(entry, "mediaType") is not { } type || !MediaTypePattern().IsMatch(type))
            return $"'{place}.mediaType' must be a media type.";
        if (!Digest.TryParse(TextOf(entry, "digest"), out var digest))
            return $"'{place}.digest' must be sha256: followed by 64 lowercase hexadecimal digits, or sha512: followed by 128.";
        if (!entry.TryGetProperty("size", out var written) || written.ValueKind != JsonValueKind.Number
            || !written.TryGetInt64(out var size) || size is < 0 or > Limits.ContentBytes)
            return $"'{place}.size' must be a number of bytes, at most {Limits.ContentBytes}.";
        if (entry.TryGetProperty("urls", out var urls) && !IsListOfTexts(urls))
            return $"'{place}.urls' must be a list of addresses.";
        if (entry.TryGetProperty("data", out var data) && !IsContent(data, digest, size))
            return $"'{place}.data' does not match the digest and the size.";
        return entry.TryGetProperty("annotations", out var annotations) ? InAnnotations(annotations, place + ".annotations") : null;
    }

    private static string? InAnnotations(JsonElement annotations, string place)
    {
        if (annotations.ValueKind != JsonValueKind.Object)
            return $"'{place}' must be an object.";
        foreach (var annotation in annotations.EnumerateObject())
        {
            if (annotation.Value.ValueKind != JsonValueKind.String)
                return $"'{place}': the value of '{annotation.Name}' must be a string.";
        }
        return null;
    }

    private static string? TextOf(JsonElement entry, string member) =>
        entry.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static bool IsListOfTexts(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String);

    /// <summary>A known member must not be null, and must not be there in another spelling: Go's parser takes both for the same.</summary>
    private static string? InMembers(JsonElement element, string[] known, string place)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (Array.Find(known, name => string.Equals(name, member.Name, StringComparison.OrdinalIgnoreCase)) is not { } name)
                continue;
            if (name != member.Name)
                return $"'{place}{member.Name}' must be spelled '{name}'.";
            if (member.Value.ValueKind == JsonValueKind.Null)
                return $"'{place}{name}' is null. Remove it instead.";
        }
        return null;
    }

    private static bool IsContent(JsonElement data, Digest digest, long size)
    {
        if (data.ValueKind != JsonValueKind.String || !data.TryGetBytesFromBase64(out var content) || content.Length != size)
            return false;
        using var hash = digest.CreateHasher();
        hash.Append(content);
        return Digest.FromHash(hash.Finish()) == digest;
    }

    // RFC 6838, section 4.2, with room for parameters, which some artifacts have.
    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?:\s*;.*)?\z")]
    private static partial Regex MediaTypePattern();
}
