using System.Globalization;

namespace Manifold.Hcl;

internal static partial class HclFunctions
{
    private static IEnumerable<(string Name, HclFunction Function)> Numbers() =>
    [
        Of("absolute", 1, a => Number(Math.Abs(a.Number(0)))),
        Of("add", 2, a => Calculated(() => a.Number(0) + a.Number(1))),
        Of("and", 2, a => Flag(a.Flag(0) & a.Flag(1))),
        Of("ceil", 1, a => Number(decimal.Ceiling(a.Number(0)))),
        Of("divide", 2, a => Calculated(() => a.Number(0) / a.Number(1))),
        Of("floor", 1, a => Number(decimal.Floor(a.Number(0)))),
        Of("greaterthan", 2, a => Flag(a.Number(0) > a.Number(1))),
        Of("greaterthanorequalto", 2, a => Flag(a.Number(0) >= a.Number(1))),
        Of("int", 1, a => Number(decimal.Truncate(a.Number(0)))),
        Of("lessthan", 2, a => Flag(a.Number(0) < a.Number(1))),
        Of("lessthanorequalto", 2, a => Flag(a.Number(0) <= a.Number(1))),
        Of("log", 2, a => Calculated(() => (decimal)Math.Log((double)a.Number(0), (double)a.Number(1)))),
        Of("max", 1, int.MaxValue, a => Number(Enumerable.Range(0, a.Count).Max(a.Number))),
        Of("min", 1, int.MaxValue, a => Number(Enumerable.Range(0, a.Count).Min(a.Number))),
        Of("modulo", 2, a => Calculated(() => a.Number(0) % a.Number(1))),
        Of("multiply", 2, a => Calculated(() => a.Number(0) * a.Number(1))),
        Of("negate", 1, a => Number(-a.Number(0))),
        Of("not", 1, a => Flag(!a.Flag(0))),
        Of("or", 2, a => Flag(a.Flag(0) | a.Flag(1))),
        Of("parseint", 2, a => Number(Parsed(a.Text(0), a.Whole(1)))),
        Of("pow", 2, a => Calculated(() => (decimal)Math.Pow((double)a.Number(0), (double)a.Number(1)))),
        Of("signum", 1, a => Number(Math.Sign(a.Number(0)))),
        Of("subtract", 2, a => Calculated(() => a.Number(0) - a.Number(1))),
    ];

    private static HclNumber Calculated(Func<decimal> calculate)
    {
        try
        {
            return Number(calculate());
        }
        catch (DivideByZeroException)
        {
            throw new HclArgumentException("division by zero", 1);
        }
        catch (OverflowException)
        {
            throw new HclArgumentException("the result is not a number, or is too large");
        }
    }

    private static decimal Parsed(string text, int radix)
    {
        if (radix is < 2 or > 36)
            throw new HclArgumentException("the base must be between 2 and 36", 1);
        var digits = text.StartsWith('-') ? text[1..] : text;
        decimal number = 0;
        foreach (var c in digits.ToLowerInvariant())
        {
            var digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetterLower(c) ? c - 'a' + 10 : radix;
            if (digit >= radix || number > decimal.MaxValue / radix - radix)
                throw new HclArgumentException(string.Create(CultureInfo.InvariantCulture,
                    $"'{text}' is not a whole number in base {radix}"), 0);
            number = number * radix + digit;
        }
        return digits.Length == 0 ? throw new HclArgumentException("the text is empty", 0) : text.StartsWith('-') ? -number : number;
    }
}
