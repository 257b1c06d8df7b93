namespace Manifold.Projects;

/// <summary>The character U+0000, which no path, argument or variable can have. Every reader of project files refuses it where it stands.</summary>
internal static class NullCharacter
{
    public const char Value = '\0';
    public const string Refused = "the character U+0000 cannot be part of a text";
}
