#!/usr/bin/env bash
# Starts a newer BuildKit than bench/setup-peers.sh has, for the cases whose case.json says that they need it: Docker of Debian sid,
# in a root of its own below FOLDER, with a socket of its own. It ends with this script, and so does everything that was mounted for it.
#   usage: newer-buildkit.sh FOLDER COMMAND…     runs COMMAND with NEWER_DOCKER set; DOCKER is the client's command, of which FOLDER must be visible
#   e.g.   newer-buildkit.sh /var/tmp/manifold-bench/newer ./expect-from-buildkit.sh
set -euo pipefail
folder=$1; shift
if [[ ${MANIFOLD_NEWER_INSIDE:-} != 1 ]]; then
  root=$folder/sid
  if [[ ! -x $root/usr/sbin/dockerd ]]; then
    mkdir -p "$folder"
    mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/*.sources)
    # A mirror may be a snapshot, which is expired by its nature; its signatures are checked all the same.
    mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
      --include=docker.io,runc,git,xz-utils,ca-certificates,iptables,systemd-standalone-sysusers sid "$root" "$mirror"
    mkdir -p "$root/etc/docker" "$root$folder"
    echo '{"features":{"containerd-snapshotter":true},"builder":{"entitlements":{"security-insecure":true,"network-host":true}}}' >"$root/etc/docker/daemon.json"
  fi
  # A bridge of its own: with none at all, dockerd removes docker0, which is another daemon's.
  ip link show manifold0 >/dev/null 2>&1 || { ip link add manifold0 type bridge; ip address add 172.31.99.1/24 dev manifold0; ip link set manifold0 up; }
  export MANIFOLD_NEWER_INSIDE=1
  unshare --mount --propagation private bash "$0" "$folder" &
  daemon=$!
  trap 'kill $daemon 2>/dev/null; wait $daemon 2>/dev/null || true; ip link delete manifold0' EXIT
  socket=$folder/docker.sock
  for _ in $(seq 60); do curl -s --unix-socket "$socket" http://d/_ping >/dev/null 2>&1 && break; sleep 0.5; done
  client=${DOCKER:-docker}
  NEWER_DOCKER="${client%% -H *} -H unix://$socket" "$@"
  exit
fi
root=$folder/sid
# runc turns its way out of the root around, for which the root must be a mount.
mount --bind "$root" "$root"
for each in proc sys dev; do mount --rbind "/$each" "$root/$each"; done
mount --bind "$folder" "$root$folder"
exec chroot "$root" dockerd --data-root "$folder/docker" --exec-root "$folder/docker-run" -H "unix://$folder/docker.sock" --pidfile "$folder/docker.pid" \
  --bridge manifold0 --iptables=false --ip6tables=false --ip-forward=false >"$folder/docker.log" 2>&1
