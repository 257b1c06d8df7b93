using Manifold.Dockerfile;
using Manifold.Dockerfile.Checks;

namespace Manifold.Planning.Checks;

/// <summary>The defaults of ARG that the arguments of a build replace.</summary>
internal static class ReplacedDefaults
{
    /// <summary>Returns the parsed file without the findings about a default in FROM that an argument of the request replaces.</summary>
    internal static ParsedDockerfile Without(ParsedDockerfile parsed, BuildRequest request)
    {
        if (request.BuildArguments.IsEmpty)
            return parsed;
        return parsed with { Diagnostics = [.. parsed.Diagnostics.Where(finding => !IsReplaced(finding))] };

        bool IsReplaced(Diagnostic finding) => finding.Id == Rules.InvalidDefaultArgInFrom.Name
            && parsed.Tree.Stages.Any(stage => stage.From.Source.Place.Line == finding.Place.Line
                && BaseNames.IsNamed(parsed.Tree, stage.From, request.BuildArguments));
    }
}
