namespace Manifold.Oci;

/// <summary>
/// A document of an image is not what the specification says. The message is a whole sentence;
/// callers add where the document is.
/// </summary>
public sealed class DocumentException(string message, Exception? inner = null) : FormatException(message, inner);
