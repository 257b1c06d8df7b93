using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Fetching;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>
/// The stage that <c>SOURCE_DATE_EPOCH</c> names: <c>FROM scratch</c> and one ADD from elsewhere, whose time is the build's.
/// </summary>
/// <remarks>Source: BuildKit, <c>dockerfile2llb/epoch.go</c>, since Dockerfile 1.24. Pure: whoever asks fetches the source.</remarks>
internal static class EpochStage
{
    /// <summary>What has to be fetched to know the time; null where <c>SOURCE_DATE_EPOCH</c> names no stage.</summary>
    /// <exception cref="DockerfileException">The stage is more than such a source.</exception>
    public static RemoteSource? SourceOf(DockerfileTree tree, BuildRequest request)
    {
        var diagnosing = new Diagnosing(tree);
        var graph = new StageGraph(tree, request, request.Platforms[0], diagnosing);
        if (TextOf(tree, request, graph) is not { } text || BuildKitArguments.IsTime(text) || request.Contexts.ContainsKey(text)
            || tree.FindByName(text) is not { } stage)
            return null;
        var source = new Reader(diagnosing, stage, request.BuildArguments, graph.GlobalScope.Remove(BuildKitArguments.Epoch)).Read();
        diagnosing.ThrowIfAny();
        return source;
    }

    /// <summary>What is said of the time: by the request, or by an ARG before the first FROM; null where nobody does.</summary>
    internal static string? TextOf(DockerfileTree tree, BuildRequest request, StageGraph graph) =>
        request.BuildArguments.GetValueOrDefault(BuildKitArguments.Epoch)
        ?? (tree.GlobalArguments.Any(instruction => instruction.Arguments.Any(argument => argument.Name == BuildKitArguments.Epoch))
            ? graph.GlobalScope.GetValueOrDefault(BuildKitArguments.Epoch) : null);

    private sealed class Reader(
        Diagnosing diagnosing,
        Stage stage,
        ImmutableSortedDictionary<string, string> given,
        ImmutableSortedDictionary<string, string> globals)
    {
        private const string Hint = "The stage must be FROM scratch with one ADD of an http(s) address or a repository. ARG is also "
            + "allowed.";

        private ImmutableSortedDictionary<string, string> scope = globals;

        public RemoteSource? Read()
        {
            if (Expand(stage.From.Image, stage.From) != "scratch")
                Refuse(stage.From, "is not FROM scratch");
            RemoteSource? source = null;
            foreach (var instruction in stage.Instructions)
                switch (instruction)
                {
                    case ArgInstruction arg:
                        Declare(arg);
                        break;
                    case AddInstruction add when source is null:
                        source = SourceOf(add);
                        break;
                    default:
                        Refuse(instruction, $"cannot have this {instruction.Source.Keyword.ToUpperInvariant()}");
                        break;
                }
            if (source is null)
                Refuse(stage.From, "has no ADD of an address");
            return source;
        }

        private void Declare(ArgInstruction instruction)
        {
            foreach (var (name, fallback) in instruction.Arguments)
            {
                var value = given.GetValueOrDefault(name) ?? (fallback is null ? null : Expand(fallback, instruction));
                if (value is not null)
                    scope = scope.SetItem(name, value);
            }
        }

        private RemoteSource? SourceOf(AddInstruction add)
        {
            if (add is not { Sources: [var text], Heredocs.IsEmpty: true })
                return null;
            var address = Expand(text, add);
            var checksum = add.Checksum is { } word ? Expand(word, add) : null;
            if (GitAddress.TryParse(address, asContext: false, out var git))
                return new GitSource(checksum is null ? git : git with { Checksum = checksum }, KeepGitFolder: false);
            return HttpFetcher.IsAddress(address) && Uri.TryCreate(address, UriKind.Absolute, out var uri)
                ? new UrlSource(uri, Digest.TryParse(checksum, out var digest) ? digest : null, Unpack: false) : null;
        }

        private string Expand(string word, Instruction instruction) =>
            diagnosing.Expand(word, name => scope.GetValueOrDefault(name), instruction);

        private void Refuse(Instruction instruction, string what) =>
            diagnosing.Add(instruction, $"{BuildKitArguments.Epoch}={stage.Name}: the stage cannot provide the time: it {what}.", Hint);
    }
}
