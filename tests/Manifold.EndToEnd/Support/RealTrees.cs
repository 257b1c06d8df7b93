namespace Manifold.EndToEnd.Support;

/// <summary>File trees with everything that a layer can hold, and what other programs see in them.</summary>
internal static class RealTrees
{
    /// <summary>Every kind of entry and every awkward name, made with the system's own programs.</summary>
    internal const string Everything = """
        set -e
        mkdir -p a/deep/folder sticky empty "$(printf 'l%.0s' $(seq 90))/$(printf 'm%.0s' $(seq 90))"
        echo hello > a/hello; echo deep > a/deep/folder/file
        echo long > "$(printf 'l%.0s' $(seq 90))/$(printf 'm%.0s' $(seq 90))/$(printf 'n%.0s' $(seq 120))"
        echo umlaut > "Grüße 😀"; echo raw > "$(printf 'raw\377\200name')"; echo nl > "$(printf 'new\nline')"
        ln -s /absolute/target a/absolute; ln -s ../up a/relative; ln -s "$(printf 'raw\377target')" a/rawlink
        ln -s "$(printf 't%.0s' $(seq 150))" a/longlink
        ln a/hello z-hardlink; ln a/absolute z-hardlinked-symlink
        cp /bin/true suid; chmod 6755 suid; chmod 1777 sticky; chmod 0 a/deep/folder/file
        head -c 300000 /dev/urandom > big; : > zero
        chown 12345:3000000 a/hello
        touch -d @1600000000.123456789 a/hello; touch -d @-100 zero; touch -d @1500000000 empty a/deep; touch -h -d @1400000000 a/relative
        """;

    /// <summary>What only root can make.</summary>
    internal const string Privileged = """
        set -e
        mkfifo fifo; mknod char c 1 3; mknod block b 7 200; chmod 600 char
        cp /bin/true capable; setcap cap_net_raw,cap_net_admin+ep capable
        setfattr -n user.binary -v 0x00ff0a3dfe80 a/hello; setfattr -n user.empty a/hello; setfattr -n user.onfolder -v x a/deep
        setfattr -n trusted.mine -v 0x8081 zero
        """;

    internal static async Task<string> Make(TemporaryFolder folder, string name, string script)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Owners, device nodes and capabilities need root.");
        Directory.CreateDirectory(folder[name]);
        await Shell(folder[name], script);
        return folder[name];
    }

    internal static async Task<string> Shell(string folder, string script) =>
        await Tool.Run("bash", "-c", $"cd '{folder}' && {{ {script}\n}}");

    /// <summary>Everything that the system's programs say of a tree, one line each: a judge that is not our own reader.</summary>
    internal static Task<string> Describe(string folder, bool times = true) => Shell(folder, $$"""
        export LC_ALL=C
        find . -mindepth 1 ! -type s -printf '%P\t%y %m %U:%G %l{{(times ? " %Ts" : "")}}\n' | sort
        find . -type f -links +1 -printf '%i %P\n' | sort -k2 | awk '{ if (first[$1]) print first[$1] " = " $2; else first[$1] = $2 }'
        find . -type f -exec sha256sum {} + | sort -k2
        find . \( -type b -o -type c \) -exec stat -c '%n %t:%T' {} + | sort
        getfattr -R -h -d -m - -e hex . 2>/dev/null | grep -v -e '^$' -e overlay | awk '/^# file/ { file = $0; next } { print file " " $0 }' | sort
        """);
}
