namespace Manifold.Projects;

/// <summary>
/// The character U+0000, which no path, argument or variable can contain.
/// Every reader of project files refuses it and names its place.
/// </summary>
internal static class NullCharacter
{
    public const char Value = '\0';
    public const string Refused = "the null character (U+0000) is not allowed";
}
