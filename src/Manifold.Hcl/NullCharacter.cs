namespace Manifold.Hcl;

/// <summary>The null character, which no text of a configuration may contain: programs that take a text from C end it there.</summary>
internal static class NullCharacter
{
    public const char Value = '\0';
    public const string Refused = "the null character (U+0000) is not allowed";
}
