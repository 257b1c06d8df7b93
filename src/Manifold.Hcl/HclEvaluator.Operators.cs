namespace Manifold.Hcl;

internal sealed partial class HclEvaluator
{
    private HclValue Unary(HclUnary unary) =>
        unary.Operator == '!' ? new HclBool(!Flag(unary.Operand)) : new HclNumber(-Number(unary.Operand));

    private HclValue Binary(HclBinary binary) => binary.Operator switch
    {
        "&&" => new HclBool(Flag(binary.Left) & Flag(binary.Right)),
        "||" => new HclBool(Flag(binary.Left) | Flag(binary.Right)),
        "==" => new HclBool(HclValue.AreEqual(Value(binary.Left), Value(binary.Right))),
        "!=" => new HclBool(!HclValue.AreEqual(Value(binary.Left), Value(binary.Right))),
        "<" => new HclBool(Number(binary.Left) < Number(binary.Right)),
        "<=" => new HclBool(Number(binary.Left) <= Number(binary.Right)),
        ">" => new HclBool(Number(binary.Left) > Number(binary.Right)),
        ">=" => new HclBool(Number(binary.Left) >= Number(binary.Right)),
        _ => new HclNumber(Calculated(binary)),
    };

    private decimal Calculated(HclBinary binary)
    {
        var (left, right) = (Number(binary.Left), Number(binary.Right));
        try
        {
            return binary.Operator switch
            {
                "+" => left + right,
                "-" => left - right,
                "*" => left * right,
                "/" => left / right,
                _ => left % right,
            };
        }
        catch (DivideByZeroException)
        {
            throw new HclException("division by zero", binary.Right.Span);
        }
        catch (OverflowException)
        {
            throw new HclException("the result is too large", binary.Span);
        }
    }

    private bool Flag(HclExpression expression)
    {
        var value = Value(expression);
        if (value.AsFlag is not { } flag)
            throw new HclException($"expected true or false, found {value.Kind}", expression.Span);
        return flag;
    }

    private decimal Number(HclExpression expression)
    {
        var value = Value(expression);
        if (value.AsNumber is not { } number)
            throw new HclException($"expected a number, found {value.Kind}", expression.Span);
        return number;
    }
}
