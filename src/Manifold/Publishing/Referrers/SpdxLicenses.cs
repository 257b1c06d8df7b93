using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Manifold.Publishing.Referrers;

/// <summary>Tells SPDX license expressions from what packagers wrote before there were any.</summary>
/// <remarks>
/// Not the whole license list: identifiers that distributions' packages have. Any other is declared as a reference with its text, which is
/// valid too, and loses nothing. Source: SPDX 2.3, annex D, "SPDX license expressions", and the license list 3.25.
/// </remarks>
internal static partial class SpdxLicenses
{
    private static readonly FrozenSet<string> Known = FrozenSet.Create(StringComparer.Ordinal,
        "0BSD", "AFL-2.1",
        "AFL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-1.1", "Apache-2.0", "Artistic-1.0", "Artistic-1.0-Perl", "Artistic-2.0",
        "BSD-1-Clause",
        "BSD-2-Clause", "BSD-2-Clause-Patent", "BSD-3-Clause", "BSD-4-Clause", "BSD-4-Clause-UC", "BSL-1.0", "BlueOak-1.0.0", "bzip2-1.0.6",
        "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0",
        "CC-BY-SA-4.0", "CC0-1.0", "CDDL-1.0", "CDDL-1.1", "CPL-1.0", "curl", "EPL-1.0", "EPL-2.0", "EUPL-1.2", "FSFAP", "FSFUL",
        "FSFULLR", "FTL",
        "GFDL-1.1-or-later", "GFDL-1.2-only", "GFDL-1.2-or-later", "GFDL-1.3-only", "GFDL-1.3-or-later", "GPL-1.0-only", "GPL-1.0-or-later",
        "GPL-2.0-only", "GPL-2.0-or-later",
        "GPL-3.0-only", "GPL-3.0-or-later", "HPND", "HPND-sell-variant", "ICU", "IJG", "ISC", "JSON", "LGPL-2.0-only", "LGPL-2.0-or-later",
        "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only",
        "LGPL-3.0-or-later", "libpng-2.0", "libtiff", "LPPL-1.3c", "MirOS", "MIT", "MIT-0", "MIT-CMU", "MPL-1.1", "MPL-2.0",
        "MPL-2.0-no-copyleft-exception", "MS-PL",
        "NCSA", "OFL-1.1", "OLDAP-2.8", "OpenSSL", "PHP-3.01", "PostgreSQL", "PSF-2.0", "Python-2.0", "Python-2.0.1", "Ruby", "Sendmail",
        "SGI-B-2.0", "Sleepycat", "SMLNJ",
        "SSH-OpenSSH", "SSH-short", "TCL", "Unicode-3.0", "Unicode-DFS-2016", "Unlicense", "UPL-1.0", "Vim", "W3C", "WTFPL", "X11", "Zlib",
        "zlib-acknowledgement", "ZPL-2.1",
        // exceptions, after WITH
        "Autoconf-exception-3.0",
        "Bison-exception-2.2", "Classpath-exception-2.0", "Font-exception-2.0", "GCC-exception-2.0", "GCC-exception-3.1", "LLVM-exception",
        "Linux-syscall-note", "OpenSSL-exception", "openvpn-openssl-exception");

    /// <summary>Whether the text is an expression of identifiers that are known to be on the list.</summary>
    public static bool IsExpression(string text)
    {
        var depth = 0;
        var wantsName = true;
        foreach (var token in Tokens().Matches(text).Select(match => match.Value))
        {
            var fits = token switch
            {
                "(" => wantsName && ++depth > 0,
                ")" => !wantsName && --depth >= 0,
                "AND" or "OR" or "WITH" => !wantsName,
                _ => wantsName && Known.Contains(token.TrimEnd('+')),
            };
            if (!fits)
                return false;
            wantsName = token is "AND" or "OR" or "WITH" or "(";
        }
        return depth == 0 && !wantsName;
    }

    [GeneratedRegex(@"[()]|[^\s()]+")]
    private static partial Regex Tokens();
}
