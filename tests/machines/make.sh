#!/usr/bin/env bash
# Makes what machine.sh boots, from Debian's packages for arm64: the kernel, an initramfs and a disk. Prints the folder that has them.
#   usage: make.sh
# Nothing foreign runs here: packages are unpacked and not configured, and the few files that configuring would make are written below.
# The folder is kept in MANIFOLD_MACHINES (default: artifacts/machines), under a name that stands for these scripts: change one, and it is
# made anew. Needs root. Exit code 77: a package is not to be had, for the reasons given.
set -euo pipefail
[[ ${1:-} != -h && ${1:-} != --help ]] || { sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../examples/debian.sh"

packages=(linux-image-cloud-arm64 bash coreutils dash diffutils findutils grep gzip hostname sed tar procps util-linux mount login passwd
  kmod busybox-static iproute2 openssh-server openssl ca-certificates crun passt uidmap git qemu-user-static xz-utils)
emulated=(x86_64 i386 arm riscv64 ppc64le s390x) # the others would make the disk twice as large

unavailable() { echo "make.sh: $*" >&2; exit 77; }

need() { # command:package…
  local pair missing=()
  for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}"); done
  (( ${#missing[@]} )) || return 0
  [[ $EUID == 0 ]] && command -v apt-get >/dev/null || unavailable "this needs ${missing[*]}"
  apt_install "${missing[@]}" >&2 || unavailable "this needs ${missing[*]}"
}

# What configuring the packages would have made, and two users: root and builder, who log in with a key.
configure() { # root
  local root=$1
  cp -r --no-preserve=ownership "$here/guest/etc/." "$root/etc/"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  chmod 640 "$root/etc/shadow"
  install -D -m 755 "$here/guest/init" "$root/sbin/init"
  mkdir -p "$root"/{proc,sys,dev,run,tmp,root/.ssh,home/builder/.ssh,var/lib,var/tmp}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  chmod 700 "$root"/{root,root/.ssh,home/builder/.ssh}
  chown -R 1000:1000 "$root/home/builder"
}

trim() { # root
  local root=$1 kept
  rm -rf "$root"/boot "$root"/usr/share/{doc,man,locale,info,perl,bash-completion} "$root"/usr/lib/*/perl* "$root"/var/{cache,lib/apt}
  kept=$(printf '%s|' "${emulated[@]}")
  find "$root/usr/bin" -name 'qemu-*' -type f -regextype posix-extended ! -regex ".*/qemu-(${kept%|})" -delete
  find "$root/usr/bin" "$root/usr/libexec/qemu-binfmt" -name '*' -xtype l -delete
}

# A few kilobytes that load the disk's driver and go on from there.
make_initrd() { # root version FILE
  local folder=$work/initrd driver
  mkdir -p "$folder"/{bin,dev,proc,root}
  cp "$1/usr/bin/busybox" "$folder/bin/busybox"
  driver=$(find "$1/usr/lib/modules/$2" -name 'virtio_blk.ko*')
  case $driver in *.xz) xz -dc "$driver" ;; *.zst) zstd -dqc "$driver" ;; *) cat "$driver" ;; esac >"$folder/virtio_blk.ko"
  install -m 755 "$here/guest/first" "$folder/init"
  bsdtar -C "$folder" --format=newc --uid 0 --gid 0 -cf "$3" .
}

make() { # FOLDER
  local root=$work/root version
  export DEBIAN_RELEASES=${DEBIAN_RELEASES:-trixie bookworm sid}
  debian_files arm64 "$(IFS=,; echo "${packages[*]}")" "$work/root.tar" >/dev/null ||
    unavailable "could not be downloaded: $(one_line "$work/root.tar.why")"
  mkdir "$root"
  tar -xf "$work/root.tar" -C "$root"
  rm "$work/root.tar"
  version=$(basename "$root"/usr/lib/modules/*)
  depmod -b "$root/usr" "$version"
  mv "$root/boot/vmlinuz-$version" "$1/vmlinuz"
  trim "$root"
  configure "$root"
  make_initrd "$root" "$version" "$1/initrd"
  truncate -s 8G "$1/disk"
  mke2fs -q -t ext4 -E root_owner=0:0 -d "$root" "$1/disk"
}

[[ $EUID == 0 ]] || unavailable "making the disk needs root: sudo tests/machines/make.sh"
cache=${MANIFOLD_MACHINES:-$here/../../artifacts/machines}
key=$(cd "$here" && cat make.sh $(find guest -type f | LC_ALL=C sort) | sha256sum | cut -c1-12)
made=$(realpath -m "$cache/arm64-made-$key")
need qemu-system-aarch64:qemu-system-arm mmdebstrap:mmdebstrap bsdtar:libarchive-tools mke2fs:e2fsprogs depmod:kmod ssh:openssh-client \
  ss:iproute2 xz:xz-utils
mkdir -p "$cache"
{
  flock 9
  if [[ ! -d $made ]]; then
    echo "make.sh: making the arm64 machine's disk of Debian's packages (a few minutes, once)" >&2
    work=$(mktemp -d "$cache/making.XXXXXX")
    trap 'rm -rf --one-file-system "$work"' EXIT; trap 'exit 130' INT TERM
    mkdir "$work/made"
    TMPDIR=$work make "$work/made" 9>&- >&2
    mv "$work/made" "$made"
  fi
} 9>"$cache/lock"
echo "$made"
