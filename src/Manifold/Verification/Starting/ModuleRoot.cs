using System.Collections.Immutable;

namespace Manifold.Verification.Starting;

/// <summary>A place where a program of the start loads native modules or plug-ins from.</summary>
/// <param name="Prefix">How the paths of its files begin, without a slash in front: a folder with its slash, or <c>usr/lib/python</c> for
/// any version.</param>
/// <param name="Runtime">Whose modules they are, for people.</param>
/// <param name="Way">How the start comes to the program.</param>
internal sealed record ModuleRoot(string Prefix, ModuleRuntime Runtime, ImmutableArray<string> Way);

/// <summary>The programs whose modules lie in places of their own; all others have plug-ins.</summary>
internal enum ModuleRuntime { Other, Node, Python, Ruby, Php, Perl, Java, DotNet }
