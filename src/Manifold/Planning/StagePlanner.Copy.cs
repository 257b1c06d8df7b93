using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Planning;

/// <content>COPY and ADD.</content>
internal sealed partial class StagePlanner
{
    private void Copy(CopyInstruction copy)
    {
        if (copy.Parents)
            plans.Diagnosing.NotSupportedYet(copy, "COPY --parents");
        if (copy.Link)
            plans.Diagnosing.NotSupportedYet(copy, "COPY --link");
        if (copy.Exclude.Length > 0)
            plans.Diagnosing.NotSupportedYet(copy, "COPY --exclude");
        Transfer(copy, plans.SourceOf(stage, copy, copy.From), "COPY");
    }

    private void Add(AddInstruction add)
    {
        foreach (var (asked, what) in new[]
                 {
                     (add.Checksum is not null, "ADD --checksum"), (add.KeepGitDir, "ADD --keep-git-dir"), (add.Unpack is not null, "ADD --unpack"),
                     (add.Link, "ADD --link"), (add.Exclude.Length > 0, "ADD --exclude"),
                 })
            if (asked)
                plans.Diagnosing.NotSupportedYet(add, what);
        foreach (var source in ExpandAll(add.Sources, add))
            if (source.Contains("://", StringComparison.Ordinal) || source.StartsWith("git@", StringComparison.Ordinal))
                plans.Diagnosing.NotSupportedYet(add, $"ADD of '{source}' (a URL)");
        Transfer(add, (null, null), "ADD");
    }

    private void Transfer(FilesInstruction instruction, (Step? Step, FolderSource? Folder) from, string verb)
    {
        var sources = ExpandAll(instruction.Sources, instruction).ToImmutableArray();
        var destination = DestinationOf(Expand(instruction.Destination, instruction));
        var chown = instruction.Chown is { } owner ? Expand(owner, instruction) : null;
        var inline = instruction.Heredocs.Select(heredoc => new InlineFile(
            heredoc.Name, heredoc.Expand ? Expand(heredoc.Text, instruction) : heredoc.Text)).ToImmutableArray();
        var name = StepName(instruction);
        using var key = new KeyBuilder();
        key.Add(verb).Add(last.Digest).Add(platform.ToString()).Add(from.Step?.Digest.ToString()).Add(from.Folder?.Path).AddAll(sources).Add(destination)
            .Add(chown).Add(instruction.Chmod).AddAll(inline.SelectMany(file => new[] { file.Name, file.Content }));
        var flags = (instruction.Chown is null ? "" : $"--chown={chown} ") + (instruction.Chmod is null ? "" : $"--chmod={instruction.Chmod} ");
        Advance(new CopyStep
        {
            Digest = key.ToDigest(), Parent = last, Platform = platform, Place = instruction.Source.Place, Name = name,
            From = from.Step, Folder = from.Folder, Sources = sources, Destination = destination, Chown = chown, Chmod = ModeOf(instruction),
            InlineFiles = inline, UnpackArchives = verb == "ADD",
        }, $"{verb} {flags}{string.Join(' ', sources.Concat(inline.Select(file => file.Name)))} {Expand(instruction.Destination, instruction)}");
    }

    /// <summary>Absolute, with a slash at the end where the instruction means a folder.</summary>
    private string DestinationOf(string destination)
    {
        var isFolder = destination.EndsWith('/') || destination is "." || destination.EndsWith("/.", StringComparison.Ordinal);
        var path = AbsolutePath(destination);
        return isFolder && path != "/" ? path + "/" : path;
    }

    private int? ModeOf(FilesInstruction instruction)
    {
        if (instruction.Chmod is not { } text)
            return null;
        var expanded = Expand(text, instruction);
        if (expanded.Length is >= 3 and <= 5 && expanded.All(digit => digit is >= '0' and <= '7') && Convert.ToInt32(expanded, 8) <= 0xFFF)
            return Convert.ToInt32(expanded, 8);
        if (expanded.Any(char.IsAsciiLetter))
            plans.Diagnosing.NotSupportedYet(instruction, $"--chmod={expanded} (a symbolic mode)");
        else
            plans.Diagnosing.Add(instruction, $"--chmod={expanded} is not a mode.", "Expected octal digits, e.g. 755 or 0644.");
        return null;
    }
}
