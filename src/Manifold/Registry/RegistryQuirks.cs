using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;

namespace Manifold.Registry;

/// <summary>
/// What registries say, and what they mean by it: one table of answers that mislead, each with its cause and the next command.
/// </summary>
/// <remarks>
/// The first row that matches wins; rows of a vendor come before those of everybody. What matches no row gets the general advice of
/// its status. docs/registries.md shows the same table; a test keeps the two together, and plays each answer.
/// </remarks>
internal static partial class RegistryQuirks
{
    /// <summary>One answer as it comes from a registry.</summary>
    /// <param name="Writes">The request would have changed something there, or asked as one who may.</param>
    /// <param name="Words">The registry's code, message and detail.</param>
    internal sealed record Answer(string Host, string Repository, bool Writes, HttpStatusCode Status, string Words)
    {
        /// <summary>Its token service said so: of the password then, not of the repository, unless the words say otherwise.</summary>
        public bool IsAboutLogin { get; init; }
    }

    /// <param name="Vendor">Whose answer it is, for people.</param>
    /// <param name="Says">The answer, for people.</param>
    /// <param name="Cause">What it means.</param>
    /// <param name="Next">What to do; <c>{host}</c>, <c>{repository}</c>, <c>{owner}</c>, <c>{name}</c> stand for parts of the
    /// reference.</param>
    public sealed record Quirk(string Vendor, string Says, string Cause, string Next)
    {
        /// <summary>The hosts; null for any, since most vendors' products run under anybody's name.</summary>
        internal Regex? Host { get; init; }

        internal ImmutableArray<int> Status { get; init; } = [];

        /// <summary>What the answer's words have; null where the status tells enough.</summary>
        internal Regex? Words { get; init; }

        /// <summary>True for pushes only, false for pulls only.</summary>
        internal bool? Writes { get; init; }

        // At a login there is none.
        private bool NeedsRepository =>
            Next.Contains("{repository}", StringComparison.Ordinal) || Next.Contains("{owner}", StringComparison.Ordinal);

        internal bool Fits(Answer answer) =>
            (Writes is not { } writes || writes == answer.Writes)
            && (Status.IsEmpty || Status.Contains((int)answer.Status))
            && (Words is not null || !answer.IsAboutLogin)
            && (answer.Repository.Length > 0 || !NeedsRepository)
            && Host?.IsMatch(answer.Host) is not false
            && Words?.IsMatch(answer.Words) is not false;
    }

    /// <summary>Cause and next command for an answer; null where it says what it means.</summary>
    internal static string? Translate(Answer answer)
    {
        if (Table.FirstOrDefault(quirk => quirk.Fits(answer)) is not { } quirk)
            return null;
        var slash = answer.Repository.LastIndexOf('/');
        var next = quirk.Next.Replace("{host}", answer.Host, StringComparison.Ordinal)
            .Replace("{repository}", answer.Repository, StringComparison.Ordinal)
            .Replace("{owner}", answer.Repository.Split('/')[0], StringComparison.Ordinal)
            .Replace("{name}", answer.Repository[(slash + 1)..], StringComparison.Ordinal);
        return $"{quirk.Cause} {next}";
    }
}
