# Functions for the scripts in bench/. Source this file. It only defines functions and variables.
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$bench/../examples/debian.sh"

debian_keyring=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}

use_folder() { # FOLDER: where the peers and the workloads are
  peers=$1 rootfs=$1/trixie workloads=$1/work
}
use_folder /var/tmp/manifold-bench

print_usage() { awk 'NR > 1 && !/^#/ {exit} NR > 1 {sub(/^# ?/, ""); print}' "$0"; } # prints the comment at the top of the script
say() { printf '==> %s\n' "$*" >&2; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
need_root() { [[ $EUID == 0 ]] || fail "needs root: sudo $0"; }

install_packages() { # package…
  local package missing=()
  for package in "$@"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  show_elapsed "installing packages" apt_install "${missing[@]}" >&2
}

find_manifold() { # sets manifold to $MANIFOLD, or to the program of this clone, which is built if it is missing
  local ours=$bench/../artifacts/manifold/manifold
  if [[ ! ${MANIFOLD:-} && ! -x $ours ]]; then
    command -v dotnet >/dev/null ||
      fail "building Manifold needs dotnet. Run: sudo env PATH=\"\$PATH\" $0, or first ./build.sh without sudo"
    say "building Manifold (2 to 5 minutes)"
    "$bench/../build.sh" >&2
  fi
  manifold=$(realpath "${MANIFOLD:-$ours}")
  [[ -x $manifold ]] || fail "'$manifold' is not a program"
}

# --- peers

docker_at() { local socket=$1/docker.sock; shift; chroot "$rootfs" docker -H "unix://$socket" "$@"; } # FOLDER argument…
answers() { curl -fs -o /dev/null --max-time 10 "$@"; }
has_ended() { ! grep -qs . "/proc/$1/cmdline"; } # PROCESS: it is gone, or it is a zombie
wait_until() { # TRIES command…: waits half a second between the tries
  local tries=$1; shift
  for ((; tries > 0; tries--)); do ! "$@" || return 0; sleep 0.5; done
  return 1
}

start_dockerd() { # FOLDER option…: puts data, socket, log, and process id into FOLDER
  local folder=$1; shift
  chroot "$rootfs" dockerd --data-root "$folder/docker" --exec-root "$folder/docker-run" -H "unix://$folder/docker.sock" \
    --pidfile "$folder/docker.pid" "$@" >"$folder/docker.log" 2>&1 </dev/null 9>&- &
  wait_until 120 answers --unix-socket "$folder/docker.sock" http://d/_ping || fail "dockerd does not start: see $folder/docker.log"
}

start_registry() { # FOLDER NAME PORT: stores its content in FOLDER/NAME; sets registry_pid
  local folder=$1 name=$2 port=$3
  cat >"$folder/$name.yml" <<Y
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $folder/$name}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$port"}
Y
  docker-registry serve "$folder/$name.yml" >"$folder/$name.log" 2>&1 </dev/null 9>&- &
  registry_pid=$!
  wait_until 60 answers "http://127.0.0.1:$port/v2/" || fail "docker-registry does not start on port $port: see $folder/$name.log"
}

stop_process() { # FILE PROGRAM FOLDER: stops the process whose id is in the file, if it is that program of that folder
  local pid
  [[ -s $1 ]] || return 0
  pid=$(<"$1")
  if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "$2.*$3"; then
    say "stopping $2 (process $pid)"
    kill "$pid"
    wait_until 60 has_ended "$pid" || say "process $pid does not end"
  fi
  rm -f "$1"
}

# --- measuring

median() { sort -g | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# Sets 'took' to the milliseconds that the command takes. Pending writes of earlier work are flushed first, so that they do not count.
clock() { # command…
  local begin code=0
  sync
  begin=${EPOCHREALTIME/[.,]/}
  "$@" || code=$?
  took=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
  return $code
}
