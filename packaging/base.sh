#!/usr/bin/env bash
# Makes the context of a base image for Manifold's own image from Debian packages. Use it if you cannot pull Debian's image.
#   usage: packaging/base.sh FOLDER          then: manifold build --platform linux/amd64,linux/arm64 -t NAME FOLDER
# The base has all packages that the Dockerfile installs. They are unpacked but not configured, so no emulator is needed. Needs root and
# mmdebstrap. The exit code is 77 if the packages cannot be downloaded.
#   MANIFOLD_EXAMPLES_CACHE   where to keep the packages (default: /var/cache/manifold-examples)
set -euo pipefail
[[ $# == 1 && $1 != -* ]] || { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2; }
folder=$(realpath -m "$1")
cd "$(dirname "$0")/.."
. packaging/common.sh
. examples/debian.sh
[[ $EUID == 0 ]] || fail "base.sh needs root. Run: sudo packaging/base.sh $1"
need mmdebstrap:mmdebstrap
packages=base-passwd,ca-certificates,coreutils,dash,git,libc-bin,libcap2-bin,openssh-client,openssl,passt,runc,uidmap,util-linux
cache=${MANIFOLD_EXAMPLES_CACHE:-/var/cache/manifold-examples}
work=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
trap 'rm -rf --one-file-system "$work"' EXIT

make() { # architecture tar: writes the files that the image needs
  local root=$work/$1 release
  release=$(TMPDIR=$work debian_files "$1" "$packages" "$work/$1.tar") || {
    say "the packages could not be downloaded: $(one_line "$work/$1.tar.why")"
    exit 77
  }
  say "$1: packages from Debian $release (apt checked signatures and checksums)"
  mkdir "$root"
  tar -xf "$work/$1.tar" -C "$root" --exclude='./dev/*' --exclude='./usr/share/'{doc,man,locale,perl,bash-completion,lintian,gitweb} \
    --exclude='./usr/lib/*/perl*' --exclude='./usr/lib/*/gconv' --exclude='./usr/include' --exclude='./var/*/apt' --exclude='./var/lib/dpkg'
  [[ -e $root/usr/bin/sh ]] || ln -s dash "$root/usr/bin/sh"
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  mkdir -p "$root/etc/ssl/certs"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  tar --sort=name --mtime=@0 --numeric-owner -C "$root" -cf "$2.part" .
  mv "$2.part" "$2"
  rm -rf --one-file-system "$root" "$work/$1.tar"
}

mkdir -p "$folder" "$cache"
say "preparing the packages for amd64 and arm64"
making=()
for architecture in amd64 arm64; do
  kept=$cache/own-image-$architecture-$(sha256sum <<<"$packages" | cut -c1-8).tar
  (
    flock 9
    [[ -s $kept ]] || make "$architecture" "$kept"
    ln -f "$kept" "$folder/$architecture.tar" 2>/dev/null || cp "$kept" "$folder/$architecture.tar"
  ) 9>"$kept.lock" &
  making+=($!)
done
for each in "${making[@]}"; do wait "$each"; done
cat >"$folder/Dockerfile" <<'END'
FROM scratch
ARG TARGETARCH
ADD $TARGETARCH.tar /
CMD ["sh"]
END
