using System.Reflection;
using System.Reflection.Emit;
using Manifold.Content;

namespace Manifold.Tests;

/// <summary>The folders of the library, subfolders included, in one order; each uses only those above it.</summary>
public sealed class TheFolders
{
    // The one place where the order is written. The top folders are the stages of the road, and the subfolders of each stand beside it.
    // A folder's name alone stands for the files that lie in the folder itself. No folder is exempt.
    private static readonly string[] Order =
    [
        "Foundation", "Concurrency", "Text", "Linux", "Oci", "Content", "Registry", "Layers", "Fetching", "Snapshots", "Sandbox",
        "Dockerfile", "Dockerfile.Checks", "Dockerfile.Parsing",
        "Planning", "Planning.Checks", "Planning.Advising",
        "Events",
        "Solving.Keeping", "Solving.Copying", "Solving.Steps", "Solving",
        "Images", "Images.Outputs", "Images.Caching",
        "Verification.Binaries", "Verification.Signatures", "Verification.Packages", "Verification.Findings", "Verification.Starting",
        "Verification", "Verification.Parity", "Verification.Reproducibility",
        "Publishing.Referrers", "Publishing.Signing", "Publishing",
        "Projects.Yaml", "Projects.Targets", "Projects", "Projects.Locking", "Projects.SideImages", "Projects.ManifoldFile",
        "Projects.Bake", "Projects.Compose", "Projects.Printing", "Projects.Reading", "Projects.Drafting",
        "Building.Recording", "Building.Units", "Building", "Building.Checking", "Building.Locking", "Building.Reproducing",
        "Nodes.Contexts", "Nodes.Ssh", "Nodes.Units", "Nodes",
        "Reporting", "Reporting.Pages", "Reporting.Comparing",
        "Engine",
    ];

    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void each_uses_only_those_above_it()
    {
        var offences = typeof(Store).Assembly.GetTypes()
            .SelectMany(type => Uses(type).Select(used => (User: type, Used: used)))
            .Where(pair => Rank(pair.User) is >= 0 and var user && Rank(pair.Used) is >= 0 and var used && used > user)
            .Select(pair => $"{pair.User.FullName} ({Folder(pair.User)}) uses {pair.Used.FullName} ({Folder(pair.Used)})")
            .Distinct().Order().ToList();
        Assert.True(offences.Count == 0, string.Join('\n', offences));
    }

    [Fact]
    public void every_folder_has_its_place_in_the_order()
    {
        var unknown = typeof(Store).Assembly.GetTypes().Select(Folder).OfType<string>().Distinct().Except(Order).ToList();
        Assert.True(unknown.Count == 0, $"Not in the order of {nameof(TheFolders)}: {string.Join(", ", unknown)}");
    }

    [Fact]
    public void the_order_names_only_folders_that_exist()
    {
        var gone = Order.Except(typeof(Store).Assembly.GetTypes().Select(Folder)).ToList();
        Assert.True(gone.Count == 0, $"In the order of {nameof(TheFolders)}, and without a type: {string.Join(", ", gone)}");
    }

    [Fact]
    public void each_is_named_once() => Assert.Equal(Order.Distinct(), Order);

    [Fact]
    public void subfolders_lie_beside_their_folder() =>
        Assert.Equal(TopFolders.Distinct(), TopFolders.Where((top, at) => at == 0 || TopFolders[at - 1] != top));

    private static string[] TopFolders => [.. Order.Select(folder => folder.Split('.')[0])];

    private static int Rank(Type type) => Array.IndexOf(Order, Folder(type));

    /// <summary>The folder's path with dots, from the library's top; null for what the compiler puts elsewhere.</summary>
    private static string? Folder(Type type) => type.Namespace switch
    {
        "Manifold" => "(root)",
        { } name when name.StartsWith("Manifold.", StringComparison.Ordinal) => name["Manifold.".Length..],
        _ => null,
    };

    private static IEnumerable<Type> Uses(Type type)
    {
        var signatures = type.GetFields(Everything).Select(field => field.FieldType)
            .Concat(type.GetProperties(Everything).Select(property => property.PropertyType))
            .Concat(type.GetMethods(Everything).SelectMany(SignatureAndLocals))
            .Concat(type.GetConstructors(Everything).SelectMany(SignatureAndLocals))
            .Concat(type.GetInterfaces());
        return (type.BaseType is null ? signatures : signatures.Append(type.BaseType)).SelectMany(Parts);
    }

    private static IEnumerable<Type> SignatureAndLocals(MethodBase method)
    {
        var types = method.GetParameters().Select(parameter => parameter.ParameterType)
            .Concat(method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? [])
            .Concat(Called(method));
        return method is MethodInfo info ? types.Append(info.ReturnType) : types;
    }

    /// <summary>The types whose members a method's body names: the operand of every instruction that has a member for one.</summary>
    /// <remarks>Source: ECMA-335, III.1.2: one byte of opcode, or 0xFE and one more, then an operand whose size the opcode tells.</remarks>
    private static IEnumerable<Type> Called(MethodBase method)
    {
        var il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < il.Length;)
        {
            var opcode = il[at] == 0xFE ? Opcodes[unchecked((short)(0xFE00 | il[at + 1]))] : Opcodes[il[at]];
            at += opcode.Size;
            if (opcode.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok
                && Resolve(method, BitConverter.ToInt32(il, at))?.DeclaringType is { } type)
                yield return type;
            at += opcode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(il, at),
                _ => 4,
            };
        }
    }

    private static readonly Dictionary<short, OpCode> Opcodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(opcode => opcode.Value);

    private static MemberInfo? Resolve(MethodBase method, int token)
    {
        try
        {
            var arguments = method is MethodInfo { IsGenericMethodDefinition: true } ? method.GetGenericArguments() : [];
            return method.Module.ResolveMember(token, method.DeclaringType?.GetGenericArguments(), arguments);
        }
        catch (ArgumentException)
        {
            return null; // of another assembly, on generic types that this one does not close
        }
    }

    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType)
            return Parts(type.GetElementType()!);
        return type.IsConstructedGenericType
            ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition())
            : [type];
    }
}
