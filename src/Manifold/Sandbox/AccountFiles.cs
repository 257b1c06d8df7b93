using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Sandbox;

/// <summary>A line of /etc/passwd.</summary>
internal sealed record PasswdEntry(string Name, uint Uid, uint Gid, string Home);

/// <summary>A line of /etc/group.</summary>
internal sealed record GroupEntry(string Name, uint Gid, ImmutableArray<string> Members);

/// <summary>
/// Reads an image's account files; lines that are not as they should be are passed by, as libc does. Source: passwd(5), group(5).
/// </summary>
internal static class AccountFiles
{
    public static IEnumerable<PasswdEntry> Users(IEnumerable<string> lines) =>
        from fields in lines.Select(Fields)
        where fields.Length >= 4 && Number(fields[2]) is not null && Number(fields[3]) is not null
        select new PasswdEntry(fields[0], Number(fields[2])!.Value, Number(fields[3])!.Value, fields.ElementAtOrDefault(5) ?? "");

    public static IEnumerable<GroupEntry> Groups(IEnumerable<string> lines) =>
        from fields in lines.Select(Fields)
        where fields.Length >= 3 && Number(fields[2]) is not null
        select new GroupEntry(fields[0],
            Number(fields[2])!.Value, [.. (fields.ElementAtOrDefault(3) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)]);

    /// <summary>An id that is written as a number, or null.</summary>
    public static uint? Number(string? text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= int.MaxValue ? number : null;

    private static string[] Fields(string line) => line.Trim().Split(':');
}
