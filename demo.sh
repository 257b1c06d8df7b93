#!/usr/bin/env bash
# Builds examples/hello for five architectures, pushes it to a temporary registry, shows the index, and runs each platform's image.
# Installs missing tools (Debian, Ubuntu). Keeps the program in artifacts/ and the packages in examples/hello/base/packages/, nothing else.
set -euo pipefail
cd "$(dirname "$0")"
platforms=linux/amd64,linux/arm64,linux/arm/v7,linux/ppc64le,linux/riscv64
packages=examples/hello/base/packages
name=manifold-demo-$$ # prefix of container names
. examples/debian.sh

bold='' plain=''
[[ ! -t 1 || -n ${NO_COLOR:-} ]] || { bold=$'\033[1m'; plain=$'\033[0m'; }
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
fail() { echo "demo.sh: $*" >&2; exit 4; }
unavailable() { echo "demo.sh: could not be downloaded: $*" >&2; exit 77; } # not a fault of the program or this machine

[[ $EUID == 0 ]] || fail "the demo needs root to run containers. Run: sudo env PATH=\"\$PATH\" ./demo.sh"
command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
command -v apt-get >/dev/null || fail "the demo needs Debian or Ubuntu, because it installs packages with apt-get"

lacking() { # command:package…
  for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"; done
}
install_packages() {
  local missing
  mapfile -t missing < <(lacking runc:runc pasta:passt qemu-aarch64-static:qemu-user-static mmdebstrap:mmdebstrap skopeo:skopeo umoci:umoci)
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg || -n ${DEBIAN_KEYRING:-} ]] || missing+=(debian-archive-keyring)
  (( ${#missing[@]} )) || return 0
  say "Installing ${missing[*]}"
  show_elapsed "installing packages" to_file "$work/apt" apt_install "${missing[@]}" || unavailable "$(grep '^package ' "$work/apt")"
}

# If the mirror does not have the package for one architecture, that platform is skipped and the others are built.
fetch_packages() { # sets platforms, without
  local platform arch tar had=() release
  without=()
  mkdir -p "$packages"
  for platform in ${platforms//,/ }; do
    IFS=/ read -r _ arch _ <<<"$platform"
    tar=$packages/$arch.tar
    if [[ ! -s $tar ]]; then
      release=$(TMPDIR=$work debian_files "$arch" busybox-static "$work/$arch.tar") || {
        without+=("Skipped $platform because its package could not be downloaded:$(one_line "$work/$arch.tar.why")")
        continue
      }
      echo "$platform: busybox-static from Debian $release (apt checked signature and checksum)"
      mkdir "$work/$arch"
      tar -xf "$work/$arch.tar" -C "$work/$arch" ./usr/bin/busybox ./usr/share/doc/busybox-static/copyright
      tar --sort=name --mtime=@0 --owner=0 --group=0 -C "$work/$arch" -cf "$tar.part" usr
      mv "$tar.part" "$tar"
    fi
    had+=("$platform")
  done
  (( ${#had[@]} )) || unavailable "busybox-static, for any platform. To use another mirror, run: DEBIAN_MIRROR=URL ./demo.sh"
  platforms=$(IFS=,; echo "${had[*]}")
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

# Uses tools of other projects, so that the image is checked the way it will be used: skopeo pulls, umoci unpacks, runc runs.
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
debian_away=$work/mirror-is-away
install_packages
say "Downloading busybox-static from Debian for five architectures (kept in $packages)"
fetch_packages
started=$SECONDS
manifold=$PWD/artifacts/manifold/manifold
if [[ ! -x $manifold || -n $(find src -newer "$manifold" -name '*.cs' -print -quit) ]]; then # --fast, because the native compiler takes minutes
  say "Building the program: ./build.sh --fast"
  ./build.sh --fast
  manifold=$PWD/artifacts/manifold-fast/manifold
fi
say "Preparing this machine: manifold emulators install; manifold doctor"
"$manifold" emulators install >/dev/null
"$manifold" doctor || fail "this machine cannot run RUN yet. The lines above say what to do"
start_registry
say "Building the base image and pushing it to the registry that 'manifold serve' runs at $registry: manifold build --push --progress quiet"
show_elapsed "building the base image" "$manifold" build --platform $platforms -t "$registry/hello-base:1" --push --progress quiet examples/hello/base
say "Building the application on that base image: manifold build --push"
"$manifold" build --platform $platforms --build-arg "REGISTRY=$registry" -t "$registry/hello:1" --push examples/hello/app
say "The images in the store: manifold images"
"$manifold" images
say "Running each platform's image from the registry once: skopeo copy, umoci unpack, runc run"
for platform in ${platforms//,/ }; do
  printf '%-14s ' "$platform"; run_platform "$platform" || fail "the image for $platform did not run"
done
say "Done in $((SECONDS - started)) seconds (not counting packages)"
(( ${#without[@]} == 0 )) || printf '%s\n' "${without[@]}"
