using System.Text;

namespace Manifold.Tests.Support;

/// <summary>The output of a command in this process, readable while it runs.</summary>
public sealed class Speech : TextWriter
{
    private readonly StringBuilder said = new();

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Waits until <paramref name="text"/> is said.</summary>
    public Task Says(string text) => Eventually.Is(() => ToString().Contains(text, StringComparison.Ordinal), $"It never said '{text}'.");

    public override void Write(char value)
    {
        lock (said)
            said.Append(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        lock (said)
            said.Append(buffer, index, count);
    }

    public override void Write(string? value)
    {
        lock (said)
            said.Append(value);
    }

    public override string ToString()
    {
        lock (said)
            return said.ToString();
    }
}
