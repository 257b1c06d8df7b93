using Manifold.Dockerfile;

namespace Manifold.Tests.Dockerfile;

/// <summary>Here-documents of COPY and ADD: variables and backslashes count, quotes are characters.</summary>
/// <remarks>Each right value is the file that BuildKit wrote.</remarks>
public sealed class ExpandingHeredocs
{
    public static TheoryData<string> Refused { get; } =
    [
        "${\n", "${name\n", "${}\n", "${:x}\n", "${name:x}\n", "${name!x}\n", "${unset:?must be set}\n", "${unset?}\n",
        "${empty:?}\n", "\"${\"\n", "'${name'\n", "${unset:-${\n", "${name/a}\n", "${{name}}\n", "${name[0]}\n", "${name^^}\n",
        "${#name}\n", "${ name }\n", "${!name}\n",
    ];

    [Theory]
    [MemberData(nameof(Heredocs.Written), MemberType = typeof(Heredocs))]
    public void the_file_is_what_BuildKit_writes(string text, string expected)
    {
        var expanded = Expansion.ExpandText(text, Heredocs.Variables.GetValueOrDefault);

        Assert.Null(expanded.Error);
        Assert.Equal(expected, expanded.Text);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void what_BuildKit_refuses_is_refused(string text) =>
        Assert.NotNull(Expansion.ExpandText(text, Heredocs.Variables.GetValueOrDefault).Error);

    [Fact]
    public void a_text_is_bounded_as_a_Dockerfile_is_and_not_as_a_word()
    {
        var mebibyte = new string('x', 1024 * 1024);

        Assert.Null(Expansion.ExpandText(mebibyte + "\n" + mebibyte, _ => null).Error);
        Assert.Contains("longer", Expansion.ExpandText("$x$x$x$x$x", _ => mebibyte).Error, StringComparison.Ordinal);
    }
}
