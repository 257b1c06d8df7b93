#!/usr/bin/env bash
# Sets up the peers that Manifold is compared and tested with, from Debian packages, all on loopback:
#   BuildKit    Docker 26 of trixie with the containerd image store
#   buildah     1.39 of trixie
#   skopeo      from this machine's release
#   registries  docker-registry on 127.0.0.1:5001 (base images) and 127.0.0.1:5002
# Then makes the workloads (make-workloads.sh). Takes about three minutes the first time and a second afterwards. Needs root on Debian.
#   usage: setup-peers.sh [--stop] [FOLDER]        FOLDER defaults to /var/tmp/manifold-bench
# FOLDER/environment has the variables that the tests need: . /var/tmp/manifold-bench/environment
# BuildKit (dockerd) and the registries keep running until the machine stops. dockerd has a separate bridge, manifold-peers, and sets no
# firewall rules, so it does not affect a Docker that is already installed.
# --stop stops BuildKit and the registries and removes the bridge and the mounts. Afterwards, you can remove FOLDER.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
stop='' bridge=manifold-peers
while (($#)); do case $1 in
  -h | --help) print_usage; exit ;;
  --stop) stop=1 ;;
  -*) echo "setup-peers.sh: unknown option $1 (see setup-peers.sh --help)" >&2; exit 2 ;;
  *) use_folder "$(realpath -m "$1")" ;;
esac; shift; done
need_root
mkdir -p "$peers"

register_emulators() { # once for the whole machine; this machine's own architecture needs none
  local arch
  mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  for arch in x86_64 aarch64 arm ppc64le riscv64 s390x; do
    [[ $arch == "$(uname -m)" || ! -e /usr/lib/binfmt.d/qemu-$arch.conf || -e /proc/sys/fs/binfmt_misc/qemu-$arch ]] ||
      cat "/usr/lib/binfmt.d/qemu-$arch.conf" >/proc/sys/fs/binfmt_misc/register
  done
}

unpack_peers() {
  [[ ! -x $rootfs/usr/sbin/dockerd ]] || return 0
  say "unpacking the peers into $rootfs"
  rm -rf "$rootfs"
  show_elapsed "unpacking the peers" mmdebstrap --quiet --variant=minbase --keyring=$debian_keyring --aptopt='Acquire::Retries "3"' \
    --include=buildah,docker.io,docker-buildx,docker-cli,runc,netavark,git,ca-certificates,iptables,procps \
    trixie "$rootfs" "$(find_mirror)" >&2
  mkdir -p "$rootfs/etc/docker"
  echo '{"features":{"containerd-snapshotter":true}}' >"$rootfs/etc/docker/daemon.json"
}

mount_root() {
  local each
  mountpoint -q "$rootfs" || { mount --bind "$rootfs" "$rootfs"; mount --make-private "$rootfs"; }
  for each in proc sys dev; do
    mountpoint -q "$rootfs/$each" || { mount --rbind "/$each" "$rootfs/$each"; mount --make-rslave "$rootfs/$each"; }
  done
  mkdir -p "$rootfs$peers"
  mountpoint -q "$rootfs$peers" || mount --bind "$peers" "$rootfs$peers"
}

start_buildkit() {
  say "starting BuildKit (dockerd)"
  ip link show "$bridge" >/dev/null 2>&1 || { ip link add "$bridge" type bridge; ip address add 172.31.100.1/24 dev "$bridge"; }
  ip link set "$bridge" up
  start_dockerd "$peers" --bridge "$bridge" --iptables=false --ip6tables=false --ip-forward=false
}

# The peers have a separate root, in which FOLDER has the same path. The tests put their temporary files there, so that the peers see them.
write_environment() {
  local docker="chroot $rootfs /usr/bin/docker -H unix://$peers/docker.sock"
  local buildah="chroot $rootfs /usr/bin/buildah --root $peers/buildah-test --runroot $peers/buildah-test-run"
  mkdir -p "$peers/bin" "$peers/tmp"
  printf '#!/bin/sh\nexec %s "$@"\n' "$docker" >"$peers/bin/docker"
  printf '#!/bin/sh\nexec %s "$@"\n' "$buildah" >"$peers/bin/buildah"
  chmod +x "$peers/bin/docker" "$peers/bin/buildah"
  cat >"$peers/environment" <<VARIABLES
export MANIFOLD_TEST_DOCKER="$docker"
export MANIFOLD_TEST_BUILDAH="$buildah"
export MANIFOLD_TEST_BUSYBOX=$workloads/busybox
export PATH=$peers/bin:\$PATH TMPDIR=$peers/tmp
VARIABLES
}

stop_peers() {
  stop_process "$peers/docker.pid" dockerd "$peers"
  ip link delete "$bridge" 2>/dev/null || true
  stop_process "$peers/registry1.pid" docker-registry "$peers"
  stop_process "$peers/registry2.pid" docker-registry "$peers"
  # Unmounting must not affect the machine's own /dev, /proc, and /sys.
  ! mountpoint -q "$rootfs" || { mount --make-rprivate "$rootfs"; umount --recursive --lazy "$rootfs"; }
}

exec 9>"$peers/lock" # two runs at once would remove each other's files; started processes do not keep the lock
flock 9
[[ ! $stop ]] || { stop_peers; exit; }
install_packages mmdebstrap arch-test qemu-user-static docker-registry skopeo jq curl xz-utils runc python3 iproute2 9>&-
register_emulators
unpack_peers
mount_root
answers --unix-socket "$peers/docker.sock" http://d/_ping || start_buildkit
for n in 1 2; do
  answers "http://127.0.0.1:500$n/v2/" && continue
  say "starting the registry 127.0.0.1:500$n"
  start_registry "$peers" "registry$n" "500$n"
  echo "$registry_pid" >"$peers/registry$n.pid"
done
write_environment
"$bench/make-workloads.sh" "$peers"
say "The peers are ready."
