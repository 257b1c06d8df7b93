# Sets up what the examples share: Debian packages, a registry, upstream image names, and tools of other projects. Each run.sh sources it.
#   sets  manifold  work (a folder that is removed at the end)  cache  registry (HOST:PORT of a real, empty registry)
# MANIFOLD is the program to use. Downloads and compiled files are kept in MANIFOLD_EXAMPLES_CACHE (default: /var/cache/manifold-examples).
set -euo pipefail
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
example=$(basename "$(cd "$(dirname "$0")" && pwd)")
cache=${MANIFOLD_EXAMPLES_CACHE:-/var/cache/manifold-examples}
platforms=linux/amd64,linux/arm64,linux/arm/v7,linux/ppc64le,linux/riscv64

. "$examples/debian.sh"

say() { printf '\n== %s\n' "$*"; }
fail() { echo "examples/$example/run.sh: $*" >&2; exit 4; }
# Something that the example needs could not be downloaded, which is not a fault of the program or this machine. To test suites, 77 means
# 'skipped'.
unavailable() { echo "examples/$example/run.sh: could not be downloaded: $*" >&2; exit 77; }
clean_up() {
  trap - EXIT
  runc list --quiet 2>/dev/null | grep "^$containers-" | xargs -r -n1 runc delete --force || true
  [[ -z ${server:-} ]] || { kill "$server" && wait "$server"; } 2>/dev/null || true
  rm -rf "$work"
}

[[ $EUID == 0 ]] || fail "the example needs root to run containers. Run: sudo env PATH=\"\$PATH\" examples/$example/run.sh"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/manifold-$example.XXXXXX"); trap clean_up EXIT; trap 'exit 130' INT TERM
containers=manifold-$example-$$ debian_away=$work/mirror-is-away
export MANIFOLD_ROOT=$work/store CONTAINERS_REGISTRIES_CONF=$work/registries.conf GOCACHE=$cache/go-build
mkdir -p "$cache"

need() { # command:package…
  local missing
  mapfile -t missing < <(for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"; done)
  (( ${#missing[@]} )) || return 0
  command -v apt-get >/dev/null || fail "install these programs first (Debian package names): ${missing[*]}"
  say "Installing ${missing[*]}"
  show_elapsed "installing packages" to_file "$work/apt" apt_install "${missing[@]}" || unavailable "$(cat "$work/apt")"
}

find_manifold() {
  manifold=${MANIFOLD:-$examples/../artifacts/manifold/manifold}
  if [[ -n ${MANIFOLD:-} ]]; then
    command -v "$MANIFOLD" >/dev/null || fail "the program in MANIFOLD does not exist: '$MANIFOLD'"
  elif [[ ! -x $manifold || -n $(find "$examples/../src" -newer "$manifold" -name '*.cs' -print -quit) ]]; then
    say "Building Manifold: ./build.sh --fast"
    "$examples/../build.sh" --fast >&2
    manifold=$examples/../artifacts/manifold-fast/manifold
  fi
  "$manifold" emulators install >/dev/null
  "$manifold" doctor >"$work/doctor" 2>&1 || fail "this machine cannot run RUN yet: $(cat "$work/doctor")"
}

# Runs manifold. It shows its own progress on a terminal. Elsewhere, the elapsed time shows that it is still running.
run_manifold() { # what argument…: 'building' build -t …
  if [[ -t 2 ]]; then "$manifold" "${@:2}"; else show_elapsed "$1" "$manifold" "${@:2}"; fi
}

# Downloads the files of Debian packages and their dependencies for one architecture (see debian.sh), and keeps them for later runs.
# Prints the path of a tar. If no release has the packages, returns 1 and writes the reasons to $work/ARCH.why.
kept_debian_files() { # TARGETARCH package,…
  local tar=$cache/debian-$1-${2//,/+}.tar made
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg || -n ${DEBIAN_KEYRING:-} ]] || apt_install debian-archive-keyring >&2
  {
    flock 9
    [[ -s $tar ]] || {
      made=$(TMPDIR=$work debian_files "$1" "$2" "$tar" 9>&-) || { mv "$tar.why" "$work/$1.why"; return 1; }
      echo "$2 for $1 are from Debian $made" >&2
    }
  } 9>"$tar.lock"
  echo "$tar"
}

start_registry() {
  local log=$work/registry.log
  printf '%s\n' 'version: 0.1' 'log: {level: info}' "storage: {filesystem: {rootdirectory: '$work/registry'}}" 'http: {addr: "127.0.0.1:0"}' >"$work/registry.yml"
  docker-registry serve "$work/registry.yml" >"$log" 2>&1 & server=$!
  for _ in $(seq 300); do
    registry=$(grep -oE -m1 'listening on 127\.0\.0\.1:[0-9]+' "$log" | grep -oE '127.*' || true)
    [[ -z $registry ]] || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  fail "the registry did not start: $(cat "$log")"
}

# The examples' files keep the real names of upstream images. registries.conf redirects these names to the local registry, as for any mirror.
upstream() { # host…
  for host in "$@"; do
    printf '[[registry]]\nprefix = "%s"\nlocation = "%s/%s"\n' "$host" "$registry" "$host" >>"$CONTAINERS_REGISTRIES_CONF"
  done
}

# Uses tools of other projects, so that the image is checked the way it will be used: skopeo pulls, umoci unpacks, runc runs.
run_platform() { # reference platform [argument…]: runs the entrypoint with these arguments
  local os arch variant bundle reference=$1 platform=$2
  shift 2
  bundle=$(mktemp -d "$work/run.XXXXXX")
  IFS=/ read -r os arch variant <<<"$platform"
  skopeo --override-os "$os" --override-arch "$arch" ${variant:+--override-variant "$variant"} \
    copy --quiet --src-tls-verify=false "docker://$reference" "oci:$bundle/image:1"
  umoci --log=error unpack --image "$bundle/image:1" "$bundle/bundle"
  jq --arg more "$*" '.process.terminal = false | .process.args += ($more | split(" ") | map(select(. != "")))' <"$bundle/bundle/config.json" >"$bundle/config.json"
  mv "$bundle/config.json" "$bundle/bundle/config.json"
  runc run --bundle "$bundle/bundle" "$containers-$(basename "$bundle")" </dev/null
  rm -rf "$bundle"
}

# Builds golang:1.19-bookworm and distroless/static:nonroot from Debian packages, keeps them in a folder, and pushes them to the registry.
compiler_images() {
  local made=$cache/compiler
  {
    flock 9
    [[ -d $made ]] || {
      rm -rf --one-file-system "$made.part"
      cp -r "$examples/upstream" "$made.part"
      mkdir "$made.part/made"
      local unpacked=$made.part/unpacked debian
      export DEBIAN_RELEASES=${DEBIAN_RELEASES:-bookworm trixie sid}
      debian=$(kept_debian_files "$(dpkg --print-architecture)" golang-go,dash,coreutils,ca-certificates 9>&-) || unavailable "$(cat "$work"/*.why)"
      mkdir "$unpacked"
      show_elapsed "unpacking the Go compiler" tar -xf "$debian" -C "$unpacked"
      rm "$debian"
      cat "$unpacked"/usr/share/ca-certificates/mozilla/*.crt >"$made.part/distroless/ca-certificates.crt"
      show_elapsed "packing the Go compiler" tar --exclude='./usr/share/go-*/test' --exclude=./usr/share/{man,locale,perl} --exclude=./usr/lib/*/perl* --exclude=./{dev,var} --exclude='*_test.go' --exclude='./usr/share/go-*/src/*/testdata' -C "$unpacked" -cf "$made.part/golang/golang.tar" .
      show_elapsed "building golang:1.19-bookworm" "$manifold" build --progress quiet -t golang:1.19-bookworm -o "type=oci,tar=false,dest=$made.part/made/golang" "$made.part/golang"
      show_elapsed "building distroless/static:nonroot" "$manifold" build --progress quiet --platform linux/amd64,linux/arm64 -t distroless:nonroot -o "type=oci,tar=false,dest=$made.part/made/distroless" "$made.part/distroless"
      mv "$made.part/made" "$made"
      rm -rf --one-file-system "$made.part"
    }
  } 9>"$made.lock"
  show_elapsed "pushing golang:1.19-bookworm" \
    skopeo copy --all --quiet --dest-tls-verify=false "oci:$made/golang" "docker://$registry/docker.io/library/golang:1.19-bookworm"
  skopeo copy --all --quiet --dest-tls-verify=false "oci:$made/distroless" "docker://$registry/gcr.io/distroless/static:nonroot"
}
