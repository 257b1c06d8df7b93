# The builders of run.sh, and the resources of one run: a folder, a registry, and a BuildKit. Sourced by run.sh.
p2=linux/amd64,linux/arm64
p5=linux/amd64,linux/arm64,linux/arm/v7,linux/ppc64le,linux/riscv64

# --- the resources of the run

begin_run() { # sets run, and the standard output and error of the script as table and screen
  exec {table}>&1 {screen}>&2
  local parent=${TMPDIR:-/tmp}
  [[ ! $needs_peers ]] || parent=$peers
  run=$(mktemp -d "$parent/run.XXXXXX")
  echo $$ >"$run/pid"
  say "the folder of this run is $run"
}
end_run() {
  exec 1>&"$table" 2>&"$screen" # Ctrl-C may come while a build writes to its log
  [[ ! -s $run/results ]] || print_table || true # what belongs to the run goes in any case
  say "removing the folder of this run"
  remove_run "$run"
}

remove_leftovers() { # of killed runs
  local folder
  for folder in "$peers"/run.*; do
    [[ ! -d $folder || -e /proc/$(cat "$folder/pid" 2>/dev/null || echo none) ]] || remove_run "$folder"
  done
}

remove_run() { # FOLDER
  local mounted
  stop_process "$1/docker.pid" dockerd "$1"
  stop_process "$1/registry.pid" docker-registry "$1"
  [[ ! -s $1/bridge ]] || ip link delete "$(<"$1/bridge")" 2>/dev/null || true
  awk -v here="$1/" 'index($5, here) {print $5}' /proc/self/mountinfo | tac | # the innermost first
    while read -r mounted; do umount "$mounted" 2>/dev/null || true; done
  rm -rf "$1"
}

start_peers() { # sets port
  local base
  for port in {5003..5099}; do (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break; done
  start_registry "$run" registry "$port"
  echo "$registry_pid" >"$run/registry.pid"
  say "copying the base images to localhost:$port"
  for base in debian:bookworm busybox:1; do
    skopeo copy --all --quiet --src-tls-verify=false --dest-tls-verify=false \
      "docker://localhost:5001/$base" "docker://localhost:$port/$base"
  done
  cp -al "$run/registry" "$run/bases"
  copy_workloads
  ! has "$builders" buildkit || [[ $works != *w[13]* ]] || start_buildkit
}

# Copies the workloads, because the run edits their files, which the tests and other runs use, too. Sets workloads.
copy_workloads() {
  local work
  mkdir "$run/work"
  for work in $works; do
    [[ -d $workloads/$work ]] || continue
    cp -r --preserve=mode,timestamps "$workloads/$work" "$run/work/$work"
    [[ ! -e $run/work/$work/bake.hcl ]] || sed -i "s|\"$workloads/|\"$run/work/|" "$run/work/$work/bake.hcl"
    # Read all files once, so that no builder is the first to read them from the disk.
    find "$run/work/$work" -type f -exec cat {} + >/dev/null
  done
  workloads=$run/work
}

# Starts a separate BuildKit, so that 'cold' can remove its whole cache. It has a separate bridge, because two cannot share docker0.
start_buildkit() {
  say "starting BuildKit"
  echo "mfbench$port" >"$run/bridge"
  ip link add "mfbench$port" type bridge
  ip address add "172.31.$((port - 5000)).1/24" dev "mfbench$port"
  ip link set "mfbench$port" up
  start_dockerd "$run" --bridge "mfbench$port" --iptables=false --ip6tables=false --ip-forward=false
  # BuildKit looks for emulators only once, so let it do so now.
  printf 'FROM localhost:%s/busybox:1\nRUN true\n' "$port" |
    docker_at "$run" buildx build -q --platform $p5 - >/dev/null 2>"$run/build.log" ||
    fail "BuildKit does not work: $(tail -3 "$run/build.log")"
}

# Resets the registry to the base images. Its storage driver keeps nothing in memory.
empty_registry() { rm -rf "$run/registry/docker"; cp -al "$run/bases/docker" "$run/registry/docker"; }

faults_of_registry() { grep -c '" 50[0-9] ' "$run/registry.log" || true; } # the number of server errors that it has answered

versions() {
  chroot "$rootfs" dockerd --version | sed 's/^Docker version \([^,]*\).*/Docker \1 (BuildKit), /'
  ! has "$builders" buildah || chroot "$rootfs" buildah --version | sed 's/ (.*/, /'
  skopeo --version | sed 's/version //; s/$/, /'
  dpkg-query -Wf 'docker-registry ${Version}' docker-registry
}

# --- builds

buildah() { chroot "$rootfs" buildah --root "$run/buildah" --runroot "$run/buildah-run" "$@"; }
bud() { # argument…
  buildah bud --runtime /usr/sbin/runc --network host --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
    --layers --quiet --jobs 2 --tls-verify=false --build-arg "BASES=localhost:$port" "$@"
}
bud_and_push() { # NAME PLATFORMS FOLDER
  bud --platform "$2" --manifest "$1" "$3" &&
    buildah manifest push --all --quiet --tls-verify=false "$1" "docker://localhost:$port/$1:buildah"
}

build() ( # BUILDER WORK
  export BASES=localhost:$port TARGETS=localhost:$port MANIFOLD_ROOT=$run/manifold
  local folder=$workloads/$2 number
  case $1:$2 in
    manifold:w1) "$manifold" build --platform $p2 --build-arg BASES="$BASES" -t "$TARGETS/w1:manifold" --push --progress quiet "$folder" ;;
    manifold:*) "$manifold" bake -f "$folder/manifold.yaml" --push --progress quiet ;;
    buildkit:w1) docker_at "$run" buildx build --progress plain --provenance=false --platform $p2 --build-arg BASES="$BASES" \
      -t "$TARGETS/w1:bk" --push "$folder" ;;
    buildkit:*) docker_at "$run" buildx bake --progress plain --provenance=false --push -f "$folder/bake.hcl" ;;
    buildah:w1) bud_and_push w1 $p2 "$folder" ;;
    buildah:*) for number in {1..8}; do bud_and_push "$2-c$number" $p5 "$folder/c$number" || exit; done ;;
  esac
)

forget() { # BUILDER: removes its cache
  case $1 in
    manifold) rm -rf "$run/manifold" ;;
    buildkit)
      docker_at "$run" builder prune -af >/dev/null
      docker_at "$run" system prune -af >/dev/null ;;
    buildah)
      buildah rmi -af >/dev/null 2>&1 || true
      rm -rf "$run/buildah" "$run/buildah-run" ;;
  esac
}

edit() { # WORK TEXT: writes the text to the start of one file, whose size does not change
  local file=$workloads/$1/c1/shared.dat
  [[ $1 != w1 ]] || file=$workloads/w1/src/d1/f1.txt
  printf '%-40s' "$2" | dd of="$file" conv=notrunc status=none
}

# --- copies

copy() { # WHO TARGET
  local source=localhost:5001/debian:bookworm
  case $1 in
    manifold) MANIFOLD_ROOT=$run/copies-manifold "$manifold" copy "$source" "$2" ;;
    # skopeo records where it has seen blobs, in this folder.
    skopeo) XDG_DATA_HOME=$run/copies-skopeo _CONTAINERS_ROOTLESS_UID=1 \
      skopeo copy --all --src-tls-verify=false --dest-tls-verify=false "docker://$source" "docker://$2" ;;
  esac
}
forget_copies() { rm -rf "$run/copies-$1"; } # WHO

# --- are the images equal?

keep_image() { # BUILDER WORK: writes its first image to a layout
  local name=$2-c1 tag=$1
  [[ $2 != w1 ]] || name=w1
  [[ $1 != buildkit ]] || tag=bk
  mkdir -p "$run/images-$2"
  skopeo copy --all --quiet --src-tls-verify=false "docker://localhost:$port/$name:$tag" "oci:$run/images-$2/$1"
}

compare_images() { # WORK
  local first='' each
  for each in "$run/images-$1"/*; do
    if [[ $first ]]; then
      say "$1: ${first##*/} and ${each##*/}: $(python3 "$bench/../tests/oracle/compare-images.py" "$first" "$each" | tail -5)"
    else
      first=$each
    fi
  done
}
