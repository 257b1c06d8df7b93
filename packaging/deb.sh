#!/usr/bin/env bash
# Packs a tree as manifold_VERSION_ARCHITECTURE.deb.
#   usage: packaging/deb.sh ARCHITECTURE TREE FOLDER
set -euo pipefail
[[ $# == 3 ]] || { sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 2; }
. "$(dirname "$0")/common.sh"
architecture=$1 tree=$2 folder=$3
maintainer='The Manifold maintainers <maintainers@manifold.invalid>' # there is no public address yet
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
doc=$root/usr/share/doc/manifold

# Prints the glibc version that the program needs. All libraries that it links to must be part of glibc.
needed_libc() {
  local foreign
  foreign=$(readelf --dynamic --wide "$tree/bin/manifold" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' |
    grep -vE '^(lib(c|m|dl|rt|pthread)\.so\.[0-9]+|ld-linux.*)$' || true)
  [[ -z $foreign ]] || fail "the program needs libraries that the package does not depend on: $(paste -sd' ' <<<"$foreign")"
  readelf --version-info --wide "$tree/bin/manifold" | grep -oE 'GLIBC_[0-9.]+' | sed s/GLIBC_// | sort --version-sort --unique | tail -n 1
}

cp -r "$tree" "$root/usr"
mv "$root/usr/share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions" # where Debian's zsh looks for completions of packages
rm "$doc/LICENSE" # Debian has it in common-licenses
gzip -9 --no-name "$root"/usr/share/man/man1/*.1 "$doc/CHANGELOG.md"
{ # the format of https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
  echo 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/'
  echo 'Upstream-Name: manifold'
  printf '\nFiles: *\nCopyright: %s The Manifold authors\nLicense: Apache-2.0\n' "$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y)"
  echo ' On Debian systems, the text of the Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0.'
  echo 'Comment:'
  echo ' The libraries that are linked into the program, and their licenses, are in /usr/share/doc/manifold/THIRD-PARTY-NOTICES.gz.'
} >"$doc/copyright"
gzip -9 --no-name "$doc/THIRD-PARTY-NOTICES"
printf 'manifold (%s) unstable; urgency=medium\n\n  * Release %s; see CHANGELOG.md.gz.\n\n -- %s  %s\n' \
  "$(version)" "$(version)" "$maintainer" "$(date --utc --date="@$SOURCE_DATE_EPOCH" --rfc-email)" | gzip -9 --no-name >"$doc/changelog.gz"

# Manifold is intentionally a single program that needs no other files, and a fixed address makes it start three times as fast. For the
# reasons and the cost of both, see docs/decisions/0029-one-native-program.md.
printf 'manifold: %s *\n' embedded-library hardening-no-pie |
  install -D -m 644 /dev/stdin "$root/usr/share/lintian/overrides/manifold"

libc=$(needed_libc)
mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<END
Package: manifold
Version: $(version)
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(find "$root/usr" -type f -printf '%s\n' | awk '{ blocks += int(($1 + 1023) / 1024) } END { print blocks }')
Depends: libc6 (>= $libc)
Recommends: ca-certificates, git, libssl3t64 | libssl3, passt, qemu-user-static | qemu-user, runc | crun, uidmap
Suggests: openssh-client
Section: devel
Priority: optional
Description: builder of container images for many architectures
 Manifold builds container images for many architectures from one Dockerfile
 and publishes them as one. It is a single program without a daemon. It takes
 the flags of docker buildx build and reads its Dockerfiles, keeps images in an
 OCI layout, and talks to registries directly.
END
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
# With more threads, the bytes would be different.
dpkg-deb --root-owner-group --threads-max=1 -Zxz --build "$root" "$folder/manifold_$(version)_$architecture.deb" >/dev/null
