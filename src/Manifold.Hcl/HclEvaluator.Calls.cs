using System.Collections.Immutable;

namespace Manifold.Hcl;

internal sealed partial class HclEvaluator
{
    private HclValue Call(HclCall call)
    {
        switch (call.Name.Text)
        {
            case "try": return Try(call);
            case "can": return new HclBool(call.Arguments is [var only] ? TryValue(only, out _) is not null : throw WrongCount(call, "1"));
        }
        if (scope.Function(call.Name.Text, call.Name.Span) is { } own)
            return CallOwn(own, call);
        if ((scope.Functions.GetValueOrDefault(call.Name.Text) ?? HclFunctions.Find(call.Name.Text)) is not { } function)
            throw Unknown(call);
        var arguments = Arguments(call);
        if (arguments.Length < function.Least || arguments.Length > function.Most)
            throw WrongCount(call, CountOf(function));
        return Apply(function, arguments, call);
    }

    private static string CountOf(HclFunction function) => function.Most switch
    {
        int.MaxValue => $"at least {function.Least}",
        var most when most == function.Least => $"{most}",
        var most => $"{function.Least} to {most}",
    };

    private static HclValue Apply(HclFunction function, ImmutableArray<HclValue> arguments, HclCall call)
    {
        try
        {
            var result = function.Apply(new HclArguments(arguments));
            var hasNull = result is HclString text && text.Value.Contains(NullCharacter.Value);
            return hasNull ? throw new HclArgumentException(NullCharacter.Refused) : result;
        }
        catch (HclArgumentException e)
        {
            var span = e.Argument is { } which && which < call.Arguments.Length ? call.Arguments[which].Span : call.Span;
            throw new HclException($"{call.Name.Text}: {e.Message}", span);
        }
    }

    private HclException Unknown(HclCall call) => HclFunctions.Beyond.Contains(call.Name.Text)
        ? new HclException($"the function '{call.Name.Text}' is not supported", call.Name.Span,
            "Compute the result outside the file, and pass it in an environment variable.")
        : new HclException($"there is no function '{call.Name.Text}'", call.Name.Span)
        {
            Unknown = new HclUnknownName(HclNameKind.Function, call.Name.Text, [.. HclFunctions.Names.Union(scope.Functions.Keys)]),
        };

    private static HclException WrongCount(HclCall call, string expected)
    {
        var noun = expected.EndsWith('1') ? "argument" : "arguments";
        var verb = call.Arguments.Length == 1 ? "is" : "are";
        return new($"'{call.Name.Text}' expects {expected} {noun}, but {call.Arguments.Length} {verb} given", call.Span);
    }

    private HclValue CallOwn(HclUserFunction function, HclCall call)
    {
        var arguments = Arguments(call);
        if (arguments.Length < function.Parameters.Length || (arguments.Length > function.Parameters.Length && function.Rest is null))
            throw WrongCount(call, $"{(function.Rest is null ? "" : "at least ")}{function.Parameters.Length}");
        var inner = scope with { Locals = ImmutableDictionary<string, HclValue>.Empty };
        foreach (var (name, value) in function.Parameters.Zip(arguments))
            inner = inner.With(name, value);
        if (function.Rest is { } rest)
            inner = inner.With(rest, HclValue.List(arguments.Skip(function.Parameters.Length)));
        var outer = scope.Function;
        return Evaluate(function.Result, inner with
        {
            Function = (name, span) =>
            {
                if (name == function.Name)
                    throw new HclException($"the function '{name}' calls itself", span);
                return outer(name, span);
            },
        });
    }

    private ImmutableArray<HclValue> Arguments(HclCall call)
    {
        var values = call.Arguments.Select(Value).ToImmutableArray();
        if (!call.ExpandsLast || values.IsEmpty)
            return values;
        if (values[^1] is not HclList list)
            throw new HclException($"cannot expand {values[^1].Kind}. Expected a list", call.Arguments[^1].Span);
        return values[..^1].AddRange(list.Items);
    }

    private HclValue Try(HclCall call)
    {
        HclException? last = null;
        foreach (var argument in call.Arguments)
        {
            if (TryValue(argument, out last) is { } value)
                return value;
        }
        throw last ?? WrongCount(call, "at least 1");
    }

    private HclValue? TryValue(HclExpression expression, out HclException? fault)
    {
        try
        {
            fault = null;
            return Value(expression);
        }
        catch (HclException e)
        {
            fault = e;
            return null;
        }
    }
}
