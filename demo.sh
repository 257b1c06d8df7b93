#!/usr/bin/env bash
# Builds examples/hello for five architectures, pushes it to a registry of its own, shows the index, and runs every platform's image.
# Installs what it lacks (Debian, Ubuntu). Leaves nothing behind but the program in artifacts/ and the packages in examples/hello/base/packages/.
set -euo pipefail
cd "$(dirname "$0")"
platforms=linux/amd64,linux/arm64,linux/arm/v7,linux/ppc64le,linux/riscv64
packages=examples/hello/base/packages
name=manifold-demo-$$ # of containers

bold='' plain=''
[[ ! -t 1 || -n ${NO_COLOR:-} ]] || { bold=$'\033[1m'; plain=$'\033[0m'; }
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
fail() { echo "demo.sh: $*" >&2; exit 4; }

[[ $EUID == 0 ]] || fail "RUN needs root here: sudo env PATH=\"\$PATH\" ./demo.sh"
command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
command -v apt-get >/dev/null || fail "this is neither Debian nor Ubuntu; it needs runc, qemu-user-static, xz, curl, skopeo and umoci"

lacking() { # command:package…
  for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"; done
}
install_packages() {
  local missing
  mapfile -t missing < <(lacking runc:runc pasta:passt qemu-aarch64-static:qemu-user-static xz:xz-utils curl:curl skopeo:skopeo umoci:umoci)
  (( ${#missing[@]} )) || return 0
  say "Installing ${missing[*]}"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null ||
    fail "apt-get could not install ${missing[*]}"
}

# The machine's own Debian mirror, if it has one that is Debian's and not Ubuntu's.
find_mirror() {
  local found
  found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
    grep -v '^ *#' | grep -oE 'https?://[^ ]*/debian/?( |$)' | head -1 || true)
  found=${DEBIAN_MIRROR:-${found:-http://deb.debian.org/debian}}
  found=${found% }
  echo "${found%/}"
}
fetch_package() { # mirror, Debian's name of the architecture, TARGETARCH
  local list=$1/dists/trixie/main/binary-$2/Packages.xz target=$packages/$3 file sum
  [[ ! -s $target.tar ]] || return 0
  read -r file sum < <(curl -fs --retry 3 "$list" | xz -dc 2>/dev/null |
    awk '/^Package: / {ours = $2 == "busybox-static"} ours && /^Filename: / {file = $2} ours && /^SHA256: / {sum = $2} END {print file, sum}') || true
  [[ -n ${sum:-} ]] || fail "no busybox-static in $list; to use another mirror: DEBIAN_MIRROR=URL ./demo.sh"
  curl -fs --retry 3 -o "$target.deb" "$1/$file" || fail "$1/$file could not be fetched"
  sha256sum --check --status <<<"$sum  $target.deb" || fail "$1/$file is not what $list says it is"
  dpkg-deb --fsys-tarfile "$target.deb" >"$target.part"
  mv "$target.part" "$target.tar"
  echo "$file  sha256 as in the mirror's list of packages"
}
fetch_packages() {
  local mirror pair
  mirror=$(find_mirror)
  mkdir -p "$packages"
  for pair in amd64:amd64 arm64:arm64 armhf:arm ppc64el:ppc64le riscv64:riscv64; do
    fetch_package "$mirror" "${pair%%:*}" "${pair##*:}"
  done
}

start_registry() { # sets registry
  MANIFOLD_ROOT=$work/registry "$manifold" serve --listen 127.0.0.1:0 2>"$work/registry.log" & server=$!
  for _ in $(seq 100); do
    registry=$(grep -oE -m1 '127\.0\.0\.1:[0-9]+' "$work/registry.log" | head -n1 || true)
    [[ -n $registry ]] && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  fail "the registry did not start: $(cat "$work/registry.log")"
}

# Other people's tools, so that the image is judged by those who will use it: skopeo pulls, umoci unpacks, runc runs.
run_platform() { # platform
  local os arch variant bundle=$work/run/${1//\//-}
  IFS=/ read -r os arch variant <<<"$1"
  mkdir -p "$bundle"
  skopeo --override-os "$os" --override-arch "$arch" ${variant:+--override-variant "$variant"} \
    copy --quiet --src-tls-verify=false "docker://$registry/hello:1" "oci:$bundle/image:1"
  umoci --log=error unpack --image "$bundle/image:1" "$bundle/bundle"
  sed -i 's/"terminal": true/"terminal": false/' "$bundle/bundle/config.json"
  runc run --bundle "$bundle/bundle" "$name-${1//\//-}" </dev/null
}

clean_up() {
  trap - EXIT
  runc list --quiet 2>/dev/null | grep "^$name-" | xargs -r -n1 runc delete --force || true
  [[ -z ${server:-} ]] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; } || true
  rm -rf "$work"
}

work=$(mktemp -d /var/tmp/manifold-demo.XXXXXX); trap clean_up EXIT; trap 'exit 130' INT TERM
export MANIFOLD_ROOT=$work/store
install_packages
say "Fetching busybox-static of Debian trixie for five architectures (kept in $packages)"
fetch_packages
started=$SECONDS
say "Building the program"
./build.sh
manifold=$PWD/artifacts/manifold/manifold
say "What this machine has: manifold emulators install; manifold doctor"
"$manifold" emulators install >/dev/null
"$manifold" doctor || fail "this machine is not ready for a RUN; the lines above say what mends it"
start_registry
say "The base image, pushed to the registry that 'manifold serve' runs at $registry: manifold build --push --progress quiet"
"$manifold" build --platform $platforms -t "$registry/hello-base:1" --push --progress quiet examples/hello/base
say "The application FROM it: manifold build --push"
"$manifold" build --platform $platforms --build-arg "REGISTRY=$registry" -t "$registry/hello:1" --push examples/hello/app
say "What the store has: manifold images"
"$manifold" images
say "Each platform's image, pulled from the registry and run once: skopeo copy, umoci unpack, runc run"
for platform in ${platforms//,/ }; do
  printf '%-14s ' "$platform"; run_platform "$platform" || fail "the image for $platform did not run"
done
say "Done in $((SECONDS - started)) seconds (packages not counted)"
