using System.Collections.Frozen;
using System.Globalization;
using Manifold.Dockerfile;

namespace Manifold.Planning;

/// <summary>The signals that STOPSIGNAL takes: Linux's, with or without SIG, in any case; or a number.</summary>
/// <remarks>Source: moby/sys/signal, by which BuildKit judges them.</remarks>
internal static class StopSignals
{
    private const string Named =
        "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP "
        + "TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX";

    private static readonly FrozenSet<string> Names = Enumerable.Range(1, 15)
        .Select(n => string.Create(CultureInfo.InvariantCulture, $"RTMIN+{n}"))
        .Concat(Enumerable.Range(1, 14).Select(n => string.Create(CultureInfo.InvariantCulture, $"RTMAX-{n}")))
        .Concat(Named.Split(' '))
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool IsKnown(string signal) =>
        int.TryParse(signal, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number != 0
            : Names.Contains(Plain(signal));

    /// <summary>"Did you mean …?", or null.</summary>
    public static string? Like(string signal) => Plain(signal).Length < 3
        ? null
        : Suggestion.For("SIG" + Plain(signal), Names.Order(StringComparer.Ordinal).Select(name => "SIG" + name));

    private static string Plain(string signal) => signal.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? signal[3..] : signal;
}
