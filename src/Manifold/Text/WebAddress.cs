namespace Manifold.Text;

/// <summary>Which addresses can be asked over http(s).</summary>
internal static class WebAddress
{
    /// <summary>The scheme is http or https, and the host is one that a name server could be asked for.</summary>
    /// <remarks><see cref="Uri"/> also takes hosts that the rules for international names (IDNA) refuse,
    /// and fails only when such a host is used.</remarks>
    /// <param name="address">An absolute address.</param>
    public static bool CanBeAsked(Uri address) => address.Scheme is "http" or "https" && HasHost(address);

    /// <summary>The address has a host, and using it does not fail.</summary>
    public static bool HasHost(Uri address)
    {
        try
        {
            return address.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }
}
