using System.Collections.Immutable;
using System.Diagnostics;
using Manifold.Linux;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// Builds on a machine of the test's own: a network namespace without a default route, with servers on its loopback, on an address of its
/// own and on a cloud's, and a resolver on 127.0.0.53.
/// </summary>
[Trait("kind", "end-to-end")]
public sealed class TheNetworkOfARun : IDisposable
{
    private const string Outside = "198.51.100.1", Metadata = "169.254.169.254";

    /// <summary>Web servers that answer "here", and one that says 198.51.100.1 to every question for an IPv4 address.</summary>
    private const string Servers = """
        import http.server, socket, sys, threading
        class Here(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200); self.end_headers(); self.wfile.write(b'here\n')
            def log_message(self, *a): pass
        class Six(http.server.HTTPServer):
            address_family = socket.AF_INET6
        servers = [http.server.HTTPServer((a, 80), Here) for a in ('127.0.0.1', '198.51.100.1', '169.254.169.254')] + [Six(('::1', 80), Here)]
        for each in servers:
            threading.Thread(target=each.serve_forever, daemon=True).start()
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        names.bind(('127.0.0.53', 53))
        print('ready', flush=True)
        while True:
            question, asker = names.recvfrom(2000)
            end = 12
            while question[end]: end += question[end] + 1
            name, kind = question[12:end + 5], question[end + 1:end + 3]
            answer = b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4' + bytes([198, 51, 100, 1]) if kind == b'\0\1' else b''
            names.sendto(question[:2] + b'\x81\x80\0\1\0' + (b'\1' if answer else b'\0') + b'\0\0\0\0' + name + answer, asker)
        """;

    private const string Machine = """
        set -e
        ip link set lo up
        ip link add outside type veth peer name far
        ip address add 198.51.100.1/24 dev outside
        ip address add 169.254.169.254/32 dev outside
        ip link set outside up
        ip link set far up
        echo 'nameserver 127.0.0.53' >"$HERE/resolv.conf"
        mount --bind "$HERE/resolv.conf" /etc/resolv.conf
        coproc SERVERS { exec python3 "$HERE/servers.py"; }
        read -r ready <&"${SERVERS[0]}"
        trap 'kill $SERVERS_PID' EXIT
        for hidden in $HIDDEN; do mount --bind /dev/null "$hidden"; done
        "$@"
        """;

    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Theory]
    [InlineData("pasta")]
    [InlineData("slirp4netns")]
    public async Task reaches_what_this_machine_reaches_and_neither_its_loopback_nor_a_clouds_credentials(string program)
    {
        var outcome = await BuildAsync(program, $$"""
            RUN nc -w 5 {{Outside}} 80 </dev/null
            RUN grep -q '^{{Outside}}[[:space:]]me.example$' /etc/hosts
            RUN ! nc -w 1 127.0.0.1 80 </dev/null
            RUN ! nc -w 1 ::1 80 </dev/null
            RUN ! nc -w 1 10.0.2.2 80 </dev/null
            RUN ! nc -w 1 {{Metadata}} 80 </dev/null
            RUN --network=none ! nc -w 1 {{Outside}} 80 </dev/null
            """, "--add-host", "me.example:host-gateway");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    [Fact]
    public async Task resolves_names_that_only_the_resolver_on_this_machines_loopback_knows()
    {
        var outcome = await BuildAsync("pasta", $"RUN nslookup -type=a anything.internal | grep {Outside}\n");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    [Fact]
    public async Task is_this_machines_with_network_host()
    {
        var outcome = await BuildAsync("pasta", "RUN --network=host nc -w 5 127.0.0.1 80 </dev/null\n", "--allow", "network.host");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    [Fact]
    public async Task is_this_machines_where_neither_program_is_installed_and_a_warning_says_what_to_install()
    {
        var outcome = await BuildAsync(null, "RUN nc -w 5 127.0.0.1 80 </dev/null\nRUN true\n");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Single(outcome.Error.Split('\n'), line => line.Contains("apt-get install passt", StringComparison.Ordinal));
    }

    [Fact]
    public async Task with_a_proxy_on_loopback_says_that_it_is_out_of_reach()
    {
        var outcome = await BuildAsync("pasta", "RUN true\n", "--build-arg", "HTTP_PROXY=http://127.0.0.1:3128");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("HTTP_PROXY is http://127.0.0.1:3128, but the RUN has its own 127.0.0.1",
            outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>
    /// Builds on the test's machine, where of the programs that carry a network's traffic only one is installed,
    /// or none.
    /// </summary>
    private async Task<ChildProcess.Result> BuildAsync(string? program, string dockerfile, params string[] flags)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        Assert.SkipWhen(new Surroundings().HasNetworkOfItsOwn, "In a container a RUN has the container's network.");
        foreach (var needed in (string[])["busybox", "ip", "python3", "unshare", .. program is null ? (string[])[] : [program]])
            Assert.SkipWhen(ChildProcess.Find(needed, null) is null, $"'{needed}' is not installed here; test.sh installs it.");
        var context = shop.Context($"FROM scratch\nCOPY busybox /bin/\nRUN [\"/bin/busybox\", \"--install\", \"/bin\"]\n{dockerfile}");
        File.Copy(ChildProcess.Find("busybox", null)!, Path.Combine(context, "busybox"));
        shop.Write("servers.py", Servers);
        return await ChildProcess.RunAsync("unshare",
        [
            "--net", "--mount", "--", "bash", "-c", Machine, "machine",
            .. OurProgram.Words, "build", "--progress", "plain", .. flags, context,
        ], environment: Variables(program)) ?? throw new UnreachableException();
    }

    private ImmutableSortedDictionary<string, string> Variables(string? program) => ImmutableSortedDictionary<string, string>.Empty
        .Add("HERE", shop.Path).Add("MANIFOLD_ROOT", shop.Root)
        .Add("HIDDEN",
            string.Join(' ', new[] { NetworkProgram.Pasta, NetworkProgram.Slirp }.Where(each => each != program)
                .Select(each => ChildProcess.Find(each, null)).OfType<string>()));
}
