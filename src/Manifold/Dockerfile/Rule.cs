
namespace Manifold.Dockerfile;

/// <summary>One build check: what it is called, and what its findings mean for the build.</summary>
/// <param name="Description">What it looks for, in one line.</param>
internal sealed record Rule(string Name, Severity Severity, string Description)
{
    /// <summary>True for a rule that BuildKit does not have: <c>error=true</c> leaves its findings warnings.</summary>
    public bool IsOurs { get; init; }

    /// <summary>True for a rule that BuildKit calls experimental: looked at only where <c>experimental=</c> names it.</summary>
    public bool IsOnRequest { get; init; }

    /// <summary>The page that explains it, with a bad and a good example.</summary>
    public string Page => $"docs/rules/{Name}.md";

    public override string ToString() => Name;
}
