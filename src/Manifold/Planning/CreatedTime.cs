namespace Manifold.Planning;

/// <summary>
/// The creation time that an image states: <c>now</c>, seconds since 1970, or the time of its context.
/// Its files keep theirs.
/// </summary>
internal sealed record CreatedTime
{
    private const string NowText = "now", ContextText = "context";

    private CreatedTime(long? seconds, bool isOfContext) => (Seconds, IsOfContext) = (seconds, isOfContext);

    /// <summary>The values that have a name.</summary>
    public static string[] Words => [NowText, ContextText];

    /// <summary>Null where it is now, or the context's.</summary>
    public long? Seconds { get; }

    /// <summary>The time of the commit or the archive that is built.</summary>
    public bool IsOfContext { get; }

    /// <param name="what">What says so, for messages: <c>--created</c>, or the key of a file.</param>
    /// <exception cref="UsageException">It is neither a word nor seconds.</exception>
    public static CreatedTime Parse(string what, string text) => text switch
    {
        NowText => new(null, false),
        ContextText => new(null, true),
        _ when text.Length > 0 && BuildKitArguments.TryReadSeconds(text) is { } seconds => new(seconds, false),
        _ => throw new UsageException($"{what}: '{text}' is not a time. "
            + $"Expected now, context or seconds since 1970, for example {what} $(git log -1 --format=%ct)"),
    };

    /// <summary>In seconds since 1970.</summary>
    /// <param name="ofContext">The time of what is built; null where nobody knows.</param>
    /// <param name="context">The context, for messages.</param>
    /// <exception cref="UsageException">It is the context's, and that has none.</exception>
    public long At(DateTimeOffset now, long? ofContext, string context)
    {
        if (!IsOfContext)
            return Seconds ?? now.ToUnixTimeSeconds();
        if (ofContext is not { } known)
            throw new UsageException($"--created context: the time of '{context}' is unknown because it is not a git checkout. "
                + "Use now or seconds since 1970.");
        return BuildKitArguments.Possible(known);
    }

    public override string ToString() =>
        IsOfContext ? ContextText : Seconds?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? NowText;
}
