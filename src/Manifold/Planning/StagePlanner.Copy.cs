using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Fetching;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Planning;

/// <content>COPY and ADD.</content>
internal sealed partial class StagePlanner
{
    private void Copy(CopyInstruction copy)
    {
        var origin = new Origin(plans.SourceOf(stage, copy, copy.From), ExpandAll(copy.Sources, copy).ToImmutableArray(), []);
        Transfer(copy, "COPY", origin, copy.Parents);
    }

    private void Add(AddInstruction add)
    {
        var sources = ExpandAll(add.Sources, add).ToList();
        var remotes = sources.Select(source => RemoteOf(add, source)).OfType<RemoteSource>().ToImmutableArray();
        if (add.Checksum is { } checksum && (sources.Count != 1 || remotes.Length != 1))
            plans.Diagnosing.Add(
                add,
                $"--checksum={checksum} needs exactly one source, which is an http(s) address or a repository.",
                sources.Count == 1 ? "Remove the checksum for a local file." : "Write one ADD for each address.");
        Transfer(add, "ADD", new Origin((null, null), [.. sources.Where(source => !IsRemote(source))], remotes), parents: false);
    }

    private static bool IsRemote(string source) => GitAddress.TryParse(source, asContext: false, out _) || HttpFetcher.IsAddress(source);

    private RemoteSource? RemoteOf(AddInstruction add, string source)
    {
        if (GitAddress.TryParse(source, asContext: false, out var git))
            return RepositoryOf(add, git);
        if (!IsRemote(source))
            return null;
        if (Uri.TryCreate(source, UriKind.Absolute, out var address))
            return new UrlSource(address, ChecksumOf(add), add.Unpack ?? false);
        plans.Diagnosing.Add(add, $"'{AddressSecrets.Without(source)}' is not an address.", "Expected https://host/path.");
        return null;
    }

    private GitSource RepositoryOf(AddInstruction add, GitAddress address)
    {
        var checksum = add.Checksum is { } text ? Expand(text, add) : null;
        if (address.Fault is { } fault)
            plans.Diagnosing.Add(add, $"{address}: {fault}.");
        else if (checksum is not null && !GitAddress.IsHash(checksum))
            plans.Diagnosing.Add(
                add,
                $"--checksum={checksum} is not a commit hash.",
                "Expected the hash of the commit that the ref points to.",
                "--checksum");
        else if (checksum is not null && address.Checksum is { } other && other != checksum)
            plans.Diagnosing.Add(add, $"--checksum={checksum} differs from the checksum in the address, {other}.", "Keep one of them.",
                "--checksum");
        return new GitSource(checksum is null ? address : address with { Checksum = checksum }, address.KeepGitFolder ?? add.KeepGitDir);
    }

    private Digest? ChecksumOf(AddInstruction add)
    {
        if (add.Checksum is not { } text)
            return null;
        var expanded = Expand(text, add);
        if (Digest.TryParse(expanded, out var checksum))
            return checksum;
        plans.Diagnosing.Add(add, $"--checksum={expanded} is not a checksum.", "Expected sha256: and 64 hex digits.", "--checksum");
        return null;
    }

    /// <summary>
    /// Where the files come from: a step or a named context (neither is the build context), and which of them; then what is fetched.
    /// </summary>
    private sealed record Origin(
        (Step? Step, FolderSource? Folder) Tree, ImmutableArray<string> Sources, ImmutableArray<RemoteSource> Remotes);

    private void Transfer(FilesInstruction instruction, string verb, Origin origin, bool parents)
    {
        var (from, folder) = origin.Tree;
        var destination = DestinationOf(Expand(instruction.Destination, instruction));
        var chown = instruction.Chown is { } owner ? Expand(owner, instruction) : null;
        var chmod = ModeOf(instruction);
        var exclude = instruction.Exclude; // not expanded: BuildKit's behavior
        RequirePatterns(instruction, exclude);
        var inline = instruction.Heredocs
            .Select(heredoc => new InlineFile(heredoc.Name, plans.Diagnosing.ExpandText(heredoc, scope.Find, instruction)))
            .ToImmutableArray();
        var name = StepName(instruction);
        // BuildKit's too: what --chmod changes is copied in place.
        var link = instruction.Link && chmod is null;
        using var key = new KeyBuilder();
        key.Add(verb).Add(last.Digest).Add(platform.ToString())
            .Add(from?.Digest.ToString()).Add(folder?.Path).AddAll(origin.Sources).Add(destination)
            .Add(chown).Add(chmod?.Text).AddAll(exclude).Add(link ? 1 : 0).Add(parents ? 1 : 0)
            .AddAll(origin.Remotes.Select(remote => remote.Key)).AddAll(inline.SelectMany(file => new[] { file.Name, file.Content }));
        var flags = (parents ? "--parents " : "") + (chown is null ? "" : $"--chown={chown} ") + (chmod is null ? "" : $"--chmod={chmod} ");
        var shown = origin.Sources.Concat(origin.Remotes.Select(remote => remote.Name)).Concat(inline.Select(file => file.Name));
        Advance(new CopyStep
        {
            Digest = key.ToDigest(),
            Parent = last,
            Platform = platform,
            Place = instruction.Source.Place,
            Name = name,
            From = from,
            Folder = folder,
            Sources = origin.Sources,
            Remotes = origin.Remotes,
            Destination = destination,
            Chown = chown,
            Chmod = chmod,
            VariablePlaces = scope.Places,
            Link = link,
            Parents = parents,
            Exclude = exclude,
            InlineFiles = inline,
            UnpackArchives = instruction is AddInstruction { Unpack: not false },
        }, $"{verb} {flags}{string.Join(' ', shown)} {Expand(instruction.Destination, instruction)}");
    }

    private void RequirePatterns(FilesInstruction instruction, ImmutableArray<string> patterns)
    {
        foreach (var pattern in patterns.Where(pattern => !IgnoreRules.TryParse([pattern], out _)))
            plans.Diagnosing.Add(instruction, $"--exclude={pattern} is not a valid pattern.",
                "Use *, ?, [a-z] and **, and close every bracket.", "--exclude");
    }

    /// <summary>Absolute, with a slash at the end where the instruction means a folder; nothing is the working directory.</summary>
    private string DestinationOf(string destination)
    {
        var isFolder = destination.EndsWith('/') || destination is "." or "" || destination.EndsWith("/.", StringComparison.Ordinal);
        var path = AbsolutePath(destination);
        return isFolder && path != "/" ? path + "/" : path;
    }

    private FileModeChange? ModeOf(FilesInstruction instruction)
    {
        if (instruction.Chmod is not { } text)
            return null;
        var expanded = Expand(text, instruction);
        if (FileModeChange.TryParse(expanded, out var change))
            return change;
        plans.Diagnosing.Add(instruction, $"--chmod={expanded} is not a mode.", "Examples: 755, 0644, u=rwX,go=rX.", "--chmod");
        return null;
    }
}
