using System.Text;

namespace Manifold.Tests.Support;

/// <summary>The output of a command, readable while it runs.</summary>
public sealed class Speech : TextWriter
{
    private readonly StringBuilder said = new();

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Waits until <paramref name="text"/> is said.</summary>
    public Task Says(string text) => Eventually.Is(() => ToString().Contains(text, StringComparison.Ordinal), $"It never said '{text}'.");

    /// <summary>Takes all that a process says, as it says it.</summary>
    public async Task CopyAsync(TextReader reader)
    {
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer) is > 0 and var count)
            Write(buffer, 0, count);
    }

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
