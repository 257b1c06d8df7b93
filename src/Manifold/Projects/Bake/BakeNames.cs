namespace Manifold.Projects.Bake;

/// <summary>Names as bake has them.</summary>
internal static class BakeNames
{
    /// <summary>Bake's names have no dots: <c>web.v1</c> is <c>web_v1</c>.</summary>
    public static string Of(string component) => component.Replace('.', '_');
}
