using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Projects;

/// <summary>One <c>--set [PATTERN.]KEY[.NAME][[+]=VALUE]</c>, read.</summary>
/// <param name="Text">As it was given, for messages.</param>
/// <param name="Pattern">Names of images, with <c>*</c> and <c>?</c>; null means all.</param>
/// <param name="Name">Which argument, label or context.</param>
/// <param name="Value">Null where there was no <c>=</c>.</param>
internal sealed record Override(string Text, string? Pattern, string Key, string? Name, string? Value)
{
    public static ImmutableArray<string> Keys { get; } =
    [
        "platform", "platforms", "tags", "args", "labels", "annotations",
        "target", "context", "dockerfile", "dockerfile-inline", "contexts", "no-cache", "no-cache-filter", "pull",
        "secrets", "secret", "ssh", "cache-from", "cache-to", "output", "call",
        "entitlements", "extra-hosts", "network", "shm-size", "ulimits", "description", "policy", "resources",
        "verify", "publish", "platform-tags", "index", "created", "attest", "registry", "push", "load",
    ];

    /// <summary>Written <c>KEY+=VALUE</c>: a list is added to.</summary>
    public bool Adds { get; private init; }

    /// <summary>Names of images may hold dots, or be keys: a pattern is what stands before a known key and means an image.</summary>
    /// <exception cref="UsageException">There is no such key.</exception>
    public static Override Parse(string text, IReadOnlyCollection<string> images)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var adds = equals > 0 && text[equals - 1] == '+';
        var parts = (equals < 0 ? text : text[..(adds ? equals - 1 : equals)]).Split('.');
        var value = equals < 0 ? null : text[(equals + 1)..];
        var known = Enumerable.Range(1, parts.Length - 1).Where(at => Keys.Contains(parts[at])).ToList();
        if (known.Find(at => images.Any(image => Matches(Join(parts[..at]), image, text))) is > 0 and var first)
            return At(first);
        if (Keys.Contains(parts[0]))
            return At(0);
        if (known.Count > 0)
            return At(known[0]);
        var unknown = parts.Length == 1 ? parts[0] : parts[1];
        var hint = Suggestion.For(unknown, Keys) ?? $"Expected [IMAGE.]KEY[.NAME]=VALUE, where KEY is one of {string.Join(", ", Keys)}.";
        throw new UsageException($"--set '{text}': unknown key '{unknown}'. {hint}");

        Override At(int key) =>
            new(text, key == 0 ? null : Join(parts[..key]), parts[key], key + 1 < parts.Length ? Join(parts[(key + 1)..]) : null, value)
            {
                Adds = adds,
            };
    }

    /// <summary>Dots of an image's name may be written as bake writes them: <c>web_v1</c>.</summary>
    public bool Means(string image) =>
        Pattern is null || Matches(Pattern, image, Text) || Matches(Pattern.Replace('.', '_'), image.Replace('.', '_'), Text);

    /// <exception cref="UsageException">None of these images is meant.</exception>
    public void Require(IReadOnlyCollection<string> images)
    {
        if (!images.Any(Means))
            throw Wrong($"no image is named '{Pattern}'. "
                + (Suggestion.For(Pattern ?? "", images) ?? $"The file has: {string.Join(", ", images)}."));
    }

    public UsageException Wrong(string why) => new($"--set '{Text}': {why}");

    public string Required => Value ?? throw Wrong($"the value is missing. Expected {Key}=VALUE.");

    /// <summary>The name after the key: of an argument, a label, a context.</summary>
    public string RequiredName => Name ?? throw Wrong("the name is missing. Expected "
        + $"{(Pattern is null ? "" : Pattern + ".")}{Key}.NAME=VALUE.");

    public bool Flag => Value?.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "1" => true,
        "false" or "no" or "off" or "0" => false,
        _ => throw Wrong($"'{Value}' is not valid. Expected true or false."),
    };

    /// <summary>The parts of a list; none where the value is empty.</summary>
    public ImmutableArray<string> List => [.. Required.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static string Join(string[] parts) => string.Join('.', parts);

    private static bool Matches(string pattern, string image, string text)
    {
        if (!FilePattern.TryParse(pattern, out var parsed))
            throw new UsageException($"--set '{text}': '{pattern}' is not a valid name pattern.");
        return parsed.Matches(image);
    }
}
