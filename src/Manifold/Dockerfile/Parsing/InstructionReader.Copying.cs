using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Fetching;
using Manifold.Oci;

namespace Manifold.Dockerfile.Parsing;

internal sealed partial class InstructionReader
{
    private CopyInstruction? ReadCopy(Part part)
    {
        var from = part.Flags.One("from");
        if (from is var (flag, text) && MountReader.HasVariable(text))
            Error(part, flag, "COPY --from cannot use variables", $"Add a stage, FROM {text} AS name, and write --from=name.");
        var parents = part.Flags.Bool("parents") ?? false;
        return ReadFiles(part) is not { } files ? null : new CopyInstruction
        {
            Source = part.Source,
            Sources = files.Sources,
            Destination = files.Destination,
            Heredocs = files.Heredocs,
            Chown = part.Flags.Text("chown"),
            Chmod = ReadChmod(part),
            Link = part.Flags.Bool("link") ?? false,
            Exclude = [.. part.Flags.All("exclude").Select(each => each.Value)],
            From = from?.Value,
            Parents = parents,
        };
    }

    private AddInstruction? ReadAdd(Part part)
    {
        var checksum = part.Flags.One("checksum");
        if (checksum is var (flag, text) && !NeedsExpansion(text) && !Digest.TryParse(text, out _) && !GitAddress.IsHash(text))
            Error(part, flag, $"'{text}' is not a checksum",
                "Expected sha256: and 64 hex digits. For a Git repository, expected a commit hash.");
        var keepGitDir = part.Flags.Bool("keep-git-dir") ?? false;
        var unpack = part.Flags.Bool("unpack");
        return ReadFiles(part) is not { } files ? null : new AddInstruction
        {
            Source = part.Source,
            Sources = files.Sources,
            Destination = files.Destination,
            Heredocs = files.Heredocs,
            Chown = part.Flags.Text("chown"),
            Chmod = ReadChmod(part),
            Link = part.Flags.Bool("link") ?? false,
            Exclude = [.. part.Flags.All("exclude").Select(each => each.Value)],
            Checksum = checksum?.Value,
            KeepGitDir = keepGitDir,
            Unpack = unpack,
        };
    }

    private sealed record Files(ImmutableArray<string> Sources, string Destination, ImmutableArray<Heredoc> Heredocs);

    private Files? ReadFiles(Part part)
    {
        if (!TryReadList(part, out var words))
            return null;
        if (words.Length < 2)
        {
            Error(part, words.IsEmpty ? part.Instruction.Keyword : words[0],
                words.IsEmpty ? $"{part.Name} needs a source and a destination" : $"{part.Name} {words[0].Text} has no destination",
                $"{part.Name} source … destination");
            return null;
        }
        var destination = words[^1];
        var sources = words[..^1];
        if (Heredoc.Parse(destination.Text) is not null)
            Error(part, destination, $"{part.Name} cannot copy to a heredoc", "Write the destination last.");
        var paths = sources.Select(source => source.Text).Where(text => part.Heredocs.IsEmpty || Heredoc.Parse(text) is null);
        return new Files([.. paths], destination.Text, part.Heredocs);
    }

    private string? ReadChmod(Part part)
    {
        var chmod = part.Flags.One("chmod");
        if (chmod is var (flag, text) && !NeedsExpansion(text) && !FileMode().IsMatch(text))
            Error(part, flag, $"'{text}' is not a file mode", "Expected octal, e.g. 755, or symbolic, e.g. u=rwX,go=rX.");
        return chmod?.Value;
    }

    [GeneratedRegex(@"^(0?[0-7]{1,4}|[ugoa]*([-+=]([rwxXst]*|[ugo]))+(,[ugoa]*([-+=]([rwxXst]*|[ugo]))+)*)\z")]
    private static partial Regex FileMode();
}
