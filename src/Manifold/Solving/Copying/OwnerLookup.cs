using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Planning;
using Manifold.Solving.Keeping;
using static Manifold.Sandbox.AccountFiles;

namespace Manifold.Solving.Copying;

/// <summary>
/// Who <c>--chown</c> and WORKDIR's USER name: numbers as they are, names from the image's own /etc/passwd and /etc/group.
/// </summary>
/// <remarks>A number alone is the group too (Dockerfile reference, "COPY --chown"). Only a name makes anything be read.</remarks>
/// <param name="unknownIsRoot">
/// WORKDIR takes root for a name that the image does not know: only a RUN needs the user (BuildKit's behavior).
/// </param>
internal sealed class OwnerLookup(LayerKeeper layers, ImmutableArray<ChainLayer> chain, bool unknownIsRoot = false)
{
    // Known everywhere, also where there is no /etc/passwd.
    private const string Root = "root";

    /// <summary>Whether nothing has to be looked up.</summary>
    public static bool IsOfNumbers(string text) => text.Split(':', 2).All(part => Number(OrRoot(part)) is not null);

    /// <returns>Null where <paramref name="text"/> is null: nobody was named.</returns>
    /// <exception cref="StepFailedException">The image knows no such name.</exception>
    public async Task<Owner?> FindAsync(Step step, string? text, CancellationToken cancellation)
    {
        if (text is null)
            return null;
        if (text.Length == 0)
            return default(Owner);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (user, group) = colon < 0 ? (text, null) : (OrRoot(text[..colon]), OrRoot(text[(colon + 1)..]));
        if (Number(user) is { } uid && (group is null || Number(group) is not null))
            return new Owner(uid, Number(group) ?? uid);

        var files = await layers.FilesAsync(chain, cancellation).ConfigureAwait(false);
        var byName = Number(user) is { } number ? new Owner(number, number)
            : Users(Lines(files, "etc/passwd")).FirstOrDefault(entry => entry.Name == user) is { } found ? new Owner(found.Uid, found.Gid)
            : user == Root || unknownIsRoot ? default : throw Unknown(step, text, "user", user, "passwd");
        if (group is null)
            return byName;
        return new Owner(byName.Uid, Number(group)
            ?? Groups(Lines(files, "etc/group")).FirstOrDefault(entry => entry.Name == group)?.Gid
            ?? (group == Root ? 0u : unknownIsRoot ? byName.Gid : throw Unknown(step, text, "group", group, "group")));
    }

    // A part that is empty beside the colon is root's, as BuildKit has it: ":50" is 0:50.
    private static string OrRoot(string name) => name.Length == 0 ? "0" : name;

    private static StepFailedException Unknown(Step step, string text, string noun, string name, string file) =>
        new(step, $"'{text}': the image has no {noun} '{name}' in its /etc/{file}. Create it in an earlier RUN, or use its number.");

    private static IEnumerable<string> Lines(Chain files, string path)
    {
        if (files.Resolve(path).Entry is not { Kind: EntryKind.File, Size: <= Limits.DocumentBytes, Open: { } open })
            yield break;
        using var reader = new StreamReader(open());
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}
