using System.Text.RegularExpressions;
using Manifold.Planning;
using Manifold.Verification.Findings;
using Manifold.Verification.Starting;

namespace Manifold.Verification;

/// <summary>Finds the instruction that fixes a processor for all platforms, among those that may have made a file.</summary>
/// <remarks>
/// The nearest of the surest kind, which is the last before the file:
/// <code>
/// a RUN that sets a compiler's target    GOARCH=arm64 go build, --target=…, -march=…
/// a variable that compilers obey         ARG GOARCH=arm64, ENV CARGO_BUILD_TARGET=…, CC=aarch64-linux-gnu-gcc
/// a RUN that names the processor         curl …/tool-linux-arm64
/// any other variable that names it       ARG ARCH=arm64
/// </code>
/// </remarks>
internal static partial class FixedMachines
{
    private const string Advice =
        "use the platform's name instead: ${TARGETARCH} (amd64, arm64 …) or ${TARGETUNAME} (x86_64, aarch64 …), declared with ARG in "
            + "the stage";

    /// <param name="runs">In the order in which they run.</param>
    /// <param name="found">The machine of the file.</param>
    public static Cause? Of(IReadOnlyList<RunStep> runs, string? found)
    {
        if (NamesOf(found) is not { } names)
            return null;
        var nearest = runs.Reverse().ToList();
        return First(nearest, run => NamedIn(run, names, isTarget: true))
            ?? First(nearest, run => VariableOf(run, run.Environment, names, Obeyed()))
            ?? First(nearest, run => VariableOf(run, run.Environment.Where(variable => UsedBy(run, variable)), names, null))
            ?? First(nearest, run => NamedIn(run, names, isTarget: false))
                ?? First(nearest, run => VariableOf(run, run.Environment, names, null));
    }

    /// <summary>A variable of a COPY's or ADD's sources.</summary>
    public static Cause? Of(CopyStep copy, string? found)
    {
        if (NamesOf(found) is not { } names)
            return null;
        var used = copy.VariablePlaces.Where(variable => !IsOfPlatform(variable.Key + "=") && Mentions(copy.Name, variable.Key))
            .Select(variable => variable.Value).ToList();
        return used.Count > 0 && copy.Sources.Concat(copy.Remotes.Select(remote => remote.Name))
            .Select(text => names.Match(text.ToLowerInvariant())).FirstOrDefault(match => match.Success) is { } match
            && copy.VariablePlaces.FirstOrDefault(variable => used.Contains(variable.Value)
                && Mentions(copy.Name, variable.Key)) is { Key: { } name } ? Variable(name, match.Value, used[0]) : null;
    }

    /// <summary>The names of a machine, or of its version where that is what is wrong (<c>amd64/v3</c>); null for one without.</summary>
    public static Regex? NamesOf(string? found) => found is null ? null : found.Split('/') is [_, ['v', _] version]
        ? VersionNames(version) : KnownPlaces.NamesOf(found);

    public static Cause Named(Step step, string word) => new(CauseId.HardCoded,
        $"{BuildCauses.At(step.Place)} hard-codes '{word}': {step.Name[(step.Name.IndexOf(']', StringComparison.Ordinal) + 1)..].Trim()}",
        Advice);

    public static bool IsOfPlatform(string variable) => PlatformVariable().IsMatch(variable);

    private static Cause? First(IEnumerable<RunStep> runs, Func<RunStep, Cause?> look) => runs.Select(look)
        .FirstOrDefault(cause => cause is not null);

    private static Cause? NamedIn(RunStep run, Regex names, bool isTarget)
    {
        foreach (var text in run.Arguments.Select(argument => argument.ToLowerInvariant()))
        {
            var match = isTarget ? Target().Matches(text).Select(target => names.Match(target.Value))
                .FirstOrDefault(each => each.Success) : names.Match(text);
            if (match is { Success: true })
                return Named(run, match.Value);
        }
        return null;
    }

    private static Cause? VariableOf(RunStep run, IEnumerable<string> variables, Regex names, Regex? obeyed)
    {
        foreach (var variable in variables.Where(variable => !IsOfPlatform(variable) && (obeyed is null
            || obeyed.IsMatch(variable))).Reverse())
        {
            var name = variable[..variable.IndexOf('=', StringComparison.Ordinal)];
            if (names.Match(variable.ToLowerInvariant()) is { Success: true } && run.VariablePlaces.TryGetValue(name, out var place))
                return Variable(name, variable[(name.Length + 1)..], place);
        }
        return null;
    }

    private static Cause Variable(string name, string value, Dockerfile.Place place) => new(CauseId.FixedVariable,
        $"{name} is '{value}' for every platform ({BuildCauses.At(place)})",
        "use the platform's value instead: $TARGETARCH (amd64, arm64 …) or $TARGETUNAME (x86_64, aarch64 …), declared with ARG in the "
            + "stage");

    private static bool UsedBy(RunStep run, string variable) => run.Arguments.Any(argument => Mentions(argument,
        variable[..variable.IndexOf('=', StringComparison.Ordinal)]));

    private static bool Mentions(string text, string name)
    {
        var at = text.IndexOf($"${{{name}", StringComparison.Ordinal) is var braces and >= 0
            ? braces + 2 : text.IndexOf($"${name}", StringComparison.Ordinal) is var bare and >= 0 ? bare + 1 : -1;
        return at >= 0 && (at + name.Length == text.Length || !(char.IsAsciiLetterOrDigit(text[at + name.Length])
            || text[at + name.Length] == '_'));
    }

    private static Regex VersionNames(string version) =>
        new(
            $@"(?<![a-z0-9])(?:x86-64-{version}|{version}|armv{version[1]}[a-z-]*|goarm=""?{version[1]}|"
            + @"haswell|skylake[a-z0-9-]*|native)(?![a-z0-9])", RegexOptions.CultureInvariant);

    [GeneratedRegex(
        @"(?:goarch|goarm|goamd64|cargo_build_target|npm_config_(?:target_)?arch|cross_compile|rustflags|cflags|cc|cxx|arch|"
        + @"target)=\S+|--?(?:target|host|arch|runtime|platform|os-arch)[ =]\S+|-(?:march|mcpu|mtune)=\S+|target-cpu=\S+|"
        + @"(?<=\s)-r\s+\S+|(?:^|[\s;&|])[\w-]+-linux-\w+-(?:gcc|g\+\+|cc|clang)\b")]
    private static partial Regex Target();

    [GeneratedRegex(
        @"^(?:GOARCH|GOARM|GOAMD64|CARGO_BUILD_TARGET|RUSTFLAGS|RUST_TARGET|C(?:PP|XX)?FLAGS|CC|CXX|CROSS_COMPILE|TARGET|"
        + @"RUNTIME_IDENTIFIER|DOTNET_RUNTIME_IDENTIFIER|RID|VCPKG_\w+|CMAKE_\w+|npm_config_(?:target_)?arch|PYTHON_ARCH|"
        + @"_PYTHON_HOST_PLATFORM)=")]
    private static partial Regex Obeyed();

    [GeneratedRegex(@"^(?:TARGET|BUILD)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT|STAGE|UNAME|DEBARCH|RPMARCH|TRIPLE|RID|NODEARCH)=")]
    private static partial Regex PlatformVariable();
}
