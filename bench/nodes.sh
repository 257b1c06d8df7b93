#!/usr/bin/env bash
# Checks the claims about building on other machines. Two of them are network namespaces of this machine with an SSH server each.
#   usage: [MANIFOLD=PROGRAM] nodes.sh [ROUNDS]        (default: 3)
# On a slow link (20 Mbit/s, 80 ms), prints the seconds that 'scp -C' needs for a tar of w1's context, and those that a node needs to get it:
# the first time, and after one file has changed. Without the slow link, bakes 60 images on both, and prints the caller's peak memory.
# Needs root, openssh-server, iproute2, /usr/bin/time, jq, python3, the workloads (setup-peers.sh), and BASE (default localhost:5001/busybox:1).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
case ${1:-} in -h | --help) print_usage; exit ;; esac
need_root
find_manifold
rounds=${1:-3} base=${BASE:-localhost:5001/busybox:1}
install_packages openssh-server iproute2 jq time
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/nodes.XXXXXX")
chmod 755 "$folder"
cleanup() {
  local n
  [[ ! ${slow:-} ]] || kill "$slow" 2>/dev/null || true
  for n in 1 2; do
    [[ ! -s $folder/sshd$n.pid ]] || kill "$(<"$folder/sshd$n.pid")" 2>/dev/null || true
    ip netns del "manifold-bench-$n" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap cleanup EXIT

start_node() { # N: a machine with the address 10.77.N.2
  local n=$1 space=manifold-bench-$1
  ip netns add "$space"
  ip link add "mb$n" type veth peer name inside netns "$space"
  ip addr add "10.77.$n.1/24" dev "mb$n"
  ip link set "mb$n" up
  ip -n "$space" addr add "10.77.$n.2/24" dev inside
  ip -n "$space" link set inside up
  ip -n "$space" link set lo up
  printf '%s\n' "ListenAddress 10.77.$n.2:22" "HostKey $folder/host" "AuthorizedKeysFile $folder/id.pub" 'StrictModes no' 'UsePAM no' 'Subsystem sftp internal-sftp' \
    "PidFile $folder/sshd$n.pid" "SetEnv XDG_CACHE_HOME=$folder/cache$n MANIFOLD_ROOT=$folder/store$n" >"$folder/sshd$n"
  mkdir -p /run/sshd
  ip netns exec "$space" "$(command -v sshd)" -f "$folder/sshd$n"
  printf 'Host node%s\n  HostName 10.77.%s.2\n' "$n" "$n" >>"$folder/config"
  echo "10.77.$n.2 $(cut -d' ' -f1,2 "$folder/host.pub")" >>"$folder/known_hosts"
}
# Many kernels have no netem. The link goes through a program that holds back bytes: 20 Mbit/s in each direction, 80 ms there and back.
start_slow_link() { # N: makes its port 2222 slow
  python3 - "10.77.$1.2" 22 "10.77.$1.1" 2222 <<'PYTHON' &
import asyncio, sys, time
host, port, own, listen = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
RATE, DELAY, WINDOW = 20e6 / 8, 0.040, 64 * 1024

async def pump(reader, writer, lane):
    queue = asyncio.Queue(maxsize=16)
    async def deliver():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - time.monotonic()))
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()
    task = asyncio.create_task(deliver())
    data = b"x"
    while data:
        try:
            data = await reader.read(WINDOW)
        except OSError:
            data = b""
        begin = max(time.monotonic(), lane["free"])
        lane["free"] = begin + len(data) / RATE
        await queue.put((lane["free"] + DELAY, data))
        await asyncio.sleep(max(0, lane["free"] - time.monotonic() - 0.05))
    await task

there, back = {"free": 0}, {"free": 0}
async def serve(reader, writer):
    try:
        near = await asyncio.open_connection(host, port)
        await asyncio.gather(pump(reader, near[1], there), pump(near[0], writer, back), return_exceptions=True)
    finally:
        writer.close()

async def main():
    async with await asyncio.start_server(serve, own, listen) as server:
        await server.serve_forever()
asyncio.run(main())
PYTHON
  slow=$!
  wait_until 20 bash -c "exec 3<>/dev/tcp/10.77.$1.1/2222" 2>/dev/null || fail "the slow link does not start"
  printf 'Host slow%s\n  HostName 10.77.%s.1\n  Port 2222\n  HostKeyAlias 10.77.%s.2\n' "$1" "$1" "$1" >>"$folder/config"
}
seconds() { /usr/bin/time -f %e -o "$folder/time" "$@" >"$folder/out" 2>"$folder/err" || fail "$(tail -5 "$folder/err")"; cat "$folder/time"; }
field() { "$manifold" report --format json | jq -r ".components[0].platforms[0].node.$1"; }

ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
ssh-keygen -q -t ed25519 -N '' -f "$folder/id"
start_node 1
start_node 2
start_slow_link 1
printf 'Host *\n  User root\n  IdentityFile %s/id\n  UserKnownHostsFile %s/known_hosts\n' "$folder" "$folder" >>"$folder/config"
export MANIFOLD_SSH="ssh -F $folder/config" MANIFOLD_ROOT=$folder/store

say "making the context"
cp -r "$workloads/w1/src" "$folder/context"
tar -C "$folder" -cf "$folder/context.tar" context
# The RUN sees the context, and leaves nothing of it in a layer: so nothing comes back over the slow link.
printf 'FROM %s\nRUN --mount=type=bind,target=/context busybox ls -R /context | busybox wc -l >/count\n' "$base" >"$folder/Dockerfile"
build() { "$manifold" build -q --on ssh://slow1 -f "$folder/Dockerfile" "$folder/context"; }
seconds "$manifold" nodes ssh://node1 >/dev/null # copies the program

printf '%-6s %-10s %-10s %-8s %-10s %s\n' round 'scp -C' 'context' ratio 'sent' 'one file changed'
for ((i = 1; i <= rounds; i++)); do
  rm -rf "$folder/store1" "$folder/store"
  scp=$(seconds scp -q -C -F "$folder/config" "$folder/context.tar" "slow1:$folder/copy")
  build >/dev/null
  first=$(field movedSeconds) bytes=$(field sentBytes)
  file=$(find "$folder/context" -type f | sort | sed -n "$((i * 100))p")
  echo "changed $i" >>"$file"
  build >/dev/null
  printf '%-6s %-10s %-10s %-8s %-10s %s\n' "$i" "$scp s" "$first s" \
    "$(jq -n "$first / $scp * 100 | round / 100")" "$((bytes / 1000000)) MB" "$(field movedSeconds) s, $(field sentBytes) bytes"
done

say "baking 60 images on two nodes"
mkdir "$folder/project"
{
  printf 'registry: example.com/nodes\nplatforms: [linux/amd64]\nimages:\n'
  for ((i = 1; i <= 60; i++)); do
    mkdir "$folder/project/c$i"
    printf 'FROM %s\nCOPY file /\nRUN busybox wc -c /file >/size; for i in 1 2 3 4 5; do echo c%s $i; done\n' "$base" "$i" \
      >"$folder/project/c$i/Dockerfile"
    head -c 1000000 /dev/urandom >"$folder/project/c$i/file"
    printf '  c%s: {context: c%s}\n' "$i" "$i"
  done
} >"$folder/project/manifold.yaml"
/usr/bin/time -f '%e s, %M KiB' -o "$folder/time" \
  "$manifold" bake -f "$folder/project" --on ssh://node1,ssh://node2 --progress quiet >"$folder/out" 2>"$folder/err" ||
  fail "$(tail -5 "$folder/err")"
echo "60 images: $(<"$folder/time"); $("$manifold" report --format json |
  jq -r '[.components[].platforms[].node.name] | group_by(.) | map("\(length) on \(.[0])") | join(", ")')"
