namespace Manifold.Foundation;

/// <summary>The name and version that records and requests carry.</summary>
internal static class Product
{
    public const string Name = "manifold";

    /// <summary>The version, such as <c>0.4.0</c>.</summary>
    public static string Number { get; } = typeof(Product).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>Name and version, such as <c>manifold 0.4.0</c>.</summary>
    public static string Version => $"{Name} {Number}";
}
