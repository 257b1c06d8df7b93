using System.Collections.Immutable;
using System.Text;
using Manifold.Hcl;
using Manifold.Linux;

namespace Manifold.Projects.Bake;

/// <summary>What names mean in a bake file: variables, the environment over them, functions, and the targets themselves.</summary>
/// <remarks>Evaluated when asked for, once each; one that leads back to itself is a fault.</remarks>
internal sealed class BakeDefinitions
{
    /// <summary>Replace the standard functions of these names, which need OpenSSL on the machine.</summary>
    private static readonly ImmutableDictionary<string, HclFunction> HashFunctions = ImmutableDictionary.CreateRange(
    [
        Hash("md5", HashKind.Md5),
        Hash("sha1", HashKind.Sha1),
        Hash("sha256", HashKind.Sha256),
        Hash("sha512", HashKind.Sha512),
    ]);

    private readonly HclBody body;
    private readonly VariableOverrides overrides;
    private readonly Dictionary<string, HclValue> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> underway = new(StringComparer.Ordinal);

    public BakeDefinitions(HclBody body, ReadingOptions options)
    {
        this.body = body;
        overrides = new VariableOverrides(options, name => values!.ContainsKey(name) || Blocks("variable")
            .Any(block => block.Labels[0].Text == name));
        values["BAKE_CMD_CONTEXT"] = new HclString("cwd://");
        values["BAKE_LOCAL_PLATFORM"] = new HclString(options.DefaultPlatform.ToString());
        Scope = new HclScope
        {
            Variable = Variable,
            Function = Function,
            Functions = HashFunctions,
            Known = () => VariableNames,
        };
    }

    public HclScope Scope { get; }

    /// <summary>What <c>target</c> means; set by who reads the targets.</summary>
    public Func<string, HclSpan, HclValue?> Target { get; set; } = (_, _) => null;

    public IEnumerable<string> VariableNames => Blocks("variable").Select(block => block.Labels[0].Text)
        .Concat(body.Attributes.Select(attribute => attribute.Name)).Concat(values.Keys).Distinct();

    /// <summary>Evaluates every variable and looks at every function, whether or not something uses it.</summary>
    public void Check(BakeSources sources)
    {
        foreach (var block in Blocks("variable"))
            Guard(() => { Variable(block.Labels[0].Text, block.Labels[0].Span); Validate(block); });
        foreach (var attribute in body.Attributes)
            Guard(() => Variable(attribute.Name, attribute.NameSpan));
        foreach (var block in Blocks("function"))
            Guard(() => Function(block.Labels[0].Text, block.Labels[0].Span));

        void Guard(Action check)
        {
            try
            {
                check();
            }
            catch (HclException e)
            {
                sources.Fault(e);
            }
        }
    }

    private static KeyValuePair<string, HclFunction> Hash(string name, HashKind kind) => KeyValuePair.Create(name, new HclFunction(1, 1,
        arguments => new HclString(Convert.ToHexStringLower(Hasher.Hash(kind, Encoding.UTF8.GetBytes(arguments.Text(0)))))));

    private IEnumerable<HclBlock> Blocks(string type) => body.Blocks.Where(block => block.Type.Text == type && block.Labels.Length == 1);

    private HclValue? Variable(string name, HclSpan span)
    {
        if (name == "target")
            return new HclBlocks("target", Target);
        if (values.TryGetValue(name, out var known))
            return known;
        var attribute = body.Attributes.LastOrDefault(each => each.Name == name);
        var block = Blocks("variable").LastOrDefault(each => each.Labels[0].Text == name);
        if (attribute is null && block is null)
            return null;
        if (!underway.Add(name))
            throw new HclException($"the variable '{name}' depends on itself", span);
        try
        {
            return values[name] = Evaluated(name, attribute?.Value ?? block!.Body.Find("default")?.Value, block);
        }
        finally
        {
            underway.Remove(name);
        }
    }

    private HclValue Evaluated(string name, HclExpression? expression, HclBlock? block)
    {
        var standard = expression is null ? null : expression.Evaluate(Scope);
        if (block is null)
            return standard!;
        var type = block.Body.Find("type")?.Value is { } written ? HclType.Parse(written) : null;
        if (type is not null && standard is not null)
            standard = type.Convert(standard)
                ?? throw new HclException($"the default of '{name}' is {standard.Kind}, but its type is {type.Name}", expression!.Span);
        return overrides.Find(name, type, standard, block.Labels[0].Span) ?? standard ?? (type is null ? new HclString("") : HclValue.Null);
    }

    /// <summary>A variable's <c>validation</c> blocks.</summary>
    private void Validate(HclBlock block)
    {
        foreach (var validation in block.Body.Blocks.Where(inner => inner.Type.Text == "validation"))
        {
            var condition = validation.Body.Find("condition")?.Value ?? throw new HclException("the validation has no condition",
                validation.Type.Span);
            if (condition.Evaluate(Scope).AsFlag == true)
                continue;
            var message = validation.Body.Find("error_message") is { } told ? told.Value.Evaluate(Scope).AsText : null;
            throw new HclException(message ?? $"the value of '{block.Labels[0].Text}' does not meet its condition", condition.Span);
        }
    }

    private HclUserFunction? Function(string name, HclSpan span)
    {
        if (Blocks("function").LastOrDefault(each => each.Labels[0].Text == name) is not { } block)
            return null;
        var parameters = block.Body.Find("params")?.Value ?? throw new HclException("the function has no params", block.Labels[0].Span);
        return new HclUserFunction(name, parameters is HclTuple tuple ? [.. tuple.Items.Select(ParameterName)]
            : throw new HclException("params must be a list of names", parameters.Span),
            block.Body.Find("variadic_params")?.Value is { } rest ? ParameterName(rest) : null,
            block.Body.Find("result")?.Value ?? throw new HclException("the function has no result", block.Labels[0].Span));
    }

    /// <summary>A bare name; in JSON a text.</summary>
    private static string ParameterName(HclExpression expression) => expression switch
    {
        HclVariable variable => variable.Name,
        HclLiteral { Value: HclString text } => text.Value,
        _ => throw new HclException("a parameter must be a name", expression.Span),
    };
}
