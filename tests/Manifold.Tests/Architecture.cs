using Manifold.Content;
using System.Reflection;

namespace Manifold.Tests;

/// <summary>The folders of the library are the stages of the road, in this order; each uses only those above it.</summary>
public sealed class TheFolders
{
    // The one place where the order is written. Manifold's root (Builder, exceptions, limits) may use all and be used by all.
    private static readonly string[] Order =
    [
        "Oci", "Linux", "Content", "Registry", "Layers", "Snapshots", "Sandbox", "Dockerfile", "Planning",
        "Solving", "Images", "Verification", "Publishing", "Projects", "Cluster", "Reporting",
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

    private static int Rank(Type type) => Array.IndexOf(Order, Folder(type));

    private static string? Folder(Type type) =>
        type.Namespace?.Split('.') is ["Manifold", var folder, ..] ? folder : null;

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

    /// <summary>The types whose members a method's body names: every metadata token in its IL that resolves to a member.</summary>
    private static IEnumerable<Type> Called(MethodBase method)
    {
        var il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        const byte call = 0x28, callVirtual = 0x6F, newObject = 0x73, loadField = 0x7B, loadStaticField = 0x7E;
        for (var i = 0; i + 4 < il.Length; i++)
        {
            if (il[i] is not (call or callVirtual or newObject or loadField or loadStaticField))
                continue;
            if (Resolve(method, BitConverter.ToInt32(il, i + 1))?.DeclaringType is { } type)
                yield return type;
        }
    }

    private static MemberInfo? Resolve(MethodBase method, int token)
    {
        try
        {
            var arguments = method is MethodInfo { IsGenericMethodDefinition: true } ? method.GetGenericArguments() : [];
            return method.Module.ResolveMember(token, method.DeclaringType?.GetGenericArguments(), arguments);
        }
        catch (Exception e) when (e is ArgumentException or BadImageFormatException)
        {
            return null; // the byte was an operand, not an instruction
        }
    }

    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType)
            return Parts(type.GetElementType()!);
        return type.IsConstructedGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];
    }
}
