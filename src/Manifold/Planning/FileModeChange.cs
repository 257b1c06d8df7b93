using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Manifold.Planning;

/// <summary>What <c>--chmod</c> makes of a mode: octal digits replace it, symbolic ones (<c>u=rwX,go=rX</c>) change it.</summary>
/// <remarks>
/// Source: POSIX, utility chmod. Where no class is named the usual mask applies, 022, whatever the account that builds has.
/// </remarks>
internal sealed partial record FileModeChange
{
    /// <summary>Of a folder that a copy makes, where nobody says otherwise.</summary>
    public const int DefaultFolder = 0x1ED; // 0755

    private const int All = 0xFFF, Permissions = 0x1FF, ExecuteByAny = 0x49, Mask = 0x12; // 07777, 0777, 0111, 022

    private readonly int? octal;
    private readonly ImmutableArray<Change> changes;

    private FileModeChange(string text, int? octal, ImmutableArray<Change> changes) =>
        (Text, this.octal, this.changes) = (text, octal, changes);

    private sealed record Change(string Classes, char Operator, string Permissions);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    public static bool TryParse(string text, [NotNullWhen(true)] out FileModeChange? change)
    {
        change = null;
        if (Octal().IsMatch(text))
            change = new FileModeChange(text, Convert.ToInt32(text, 8), []);
        else if (Symbolic().IsMatch(text))
            change = new FileModeChange(text, null, [.. text.Split(',').SelectMany(Parts)]);
        return change is not null;
    }

    /// <summary>The mode that a file or folder gets, permissions and the three bits above them.</summary>
    public int Apply(int mode, bool isFolder) => octal ?? changes.Aggregate(mode, (before, change) => Apply(change, before, isFolder));

    /// <summary>The mode of folders that a copy makes on its way: octal digits apply to them as well.</summary>
    /// <remarks>Source: BuildKit's <c>fsutil/copy</c>; symbolic modes change what is there, and 0755 is for what is not.</remarks>
    public int NewFolder => octal is { } digits ? digits & Permissions : DefaultFolder;

    public bool Equals(FileModeChange? other) => other?.Text == Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    private static IEnumerable<Change> Parts(string clause)
    {
        var classes = clause.TakeWhile(c => "ugoa".Contains(c, StringComparison.Ordinal)).Count();
        return Operation().Matches(clause[classes..]).Select(match => new Change(clause[..classes], match.Value[0], match.Value[1..]));
    }

    private static int Apply(Change change, int mode, bool isFolder)
    {
        var affected = change.Classes.Length == 0 ? All : change.Classes.Aggregate(0, (bits, c) => bits | BitsOf(c));
        var given = change.Permissions.Aggregate(0, (bits, permission) => bits | BitsOf(permission, mode, isFolder)) & affected;
        if (change.Classes.Length == 0)
            given &= ~Mask;
        return change.Operator switch
        {
            '+' => mode | given,
            '-' => mode & ~given,
            _ => (mode & ~affected) | given,
        };
    }

    private static int BitsOf(char whose) => whose switch
    {
        'u' => 0x9C0, // 04700
        'g' => 0x438, // 02070
        'o' => 0x207, // 01007
        _ => All,
    };

    private static int BitsOf(char permission, int mode, bool isFolder) => permission switch
    {
        'r' => 0x124, // 0444
        'w' => 0x92, // 0222
        'x' => ExecuteByAny,
        'X' => isFolder || (mode & ExecuteByAny) != 0 ? ExecuteByAny : 0,
        's' => 0xC00, // 06000
        't' => 0x200, // 01000
        'u' => ((mode >> 6) & 7) * ExecuteByAny,
        'g' => ((mode >> 3) & 7) * ExecuteByAny,
        _ => (mode & 7) * ExecuteByAny,
    };

    [GeneratedRegex(@"^0?[0-7]{1,4}\z")]
    private static partial Regex Octal();

    [GeneratedRegex(@"^[ugoa]*([-+=]([rwxXst]*|[ugo]))+(,[ugoa]*([-+=]([rwxXst]*|[ugo]))+)*\z")]
    private static partial Regex Symbolic();

    [GeneratedRegex("[-+=][rwxXstugo]*")]
    private static partial Regex Operation();
}
