using System.Reflection;
using System.Runtime.CompilerServices;
using Manifold.Cli;
using Manifold.Content;
using Manifold.Server;

namespace Manifold.Tests;

/// <summary>The program's state belongs to objects that somebody hands on. A hook is a parameter.</summary>
public sealed class TheStateOfTheProgram
{
    private const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static int changeable; // what the test looks for

    [Fact]
    public void is_in_no_static_member_that_changes()
    {
        changeable++;
        Assembly[] program = [typeof(Store).Assembly, typeof(RegistryServer).Assembly, typeof(CliContext).Assembly];
        Assert.Equal([$"{typeof(TheStateOfTheProgram)}.{nameof(changeable)}"], StatesOf([typeof(TheStateOfTheProgram)]));
        Assert.Empty(StatesOf(program.SelectMany(assembly => assembly.GetTypes())));
    }

    // The compiler keeps delegates in types of its own.
    private static List<string> StatesOf(IEnumerable<Type> types) =>
    [
        .. from type in types
           where !type.IsDefined(typeof(CompilerGeneratedAttribute))
           from field in type.GetFields(Static)
           where !field.IsInitOnly && !field.IsLiteral
           select $"{type.FullName}.{field.Name}",
    ];
}
