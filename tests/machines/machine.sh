#!/usr/bin/env bash
# A real arm64 Linux beside this machine: Debian's cloud kernel under qemu-system-aarch64, with what a RUN needs, reached by ssh.
#   usage: machine.sh [--at FOLDER] COMMAND
#     up [--hold]        boots it, waits until it answers, and prints how to reach it. With --hold it runs until standard input ends.
#     run COMMAND…       runs a command in it, as root
#     put FILE… FOLDER   copies files and folders into a folder of it
#     reach PORT         makes its 127.0.0.1:PORT lead to this machine's
#     down               ends it; what was written to its disk is gone
# FOLDER keeps what belongs to one running machine (default: artifacts/machines/arm64), so several run at once.
# In FOLDER/ssh_config the machine is called 'machine' (root) and 'builder' (an ordinary user): ssh -F FOLDER/ssh_config machine
# The first boot downloads Debian's packages (make.sh). Exit code 77: they, or QEMU, are not to be had; 4: it did not boot.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=$here/../../artifacts/machines/arm64
boot_seconds=180

fail() { echo "machine.sh: $*" >&2; exit 4; }
usage() { echo "machine.sh: $* (see machine.sh --help)" >&2; exit 2; }
secure_shell() { ssh -F "$state/ssh_config" "$@"; }
# The process in the pid file, if it is still QEMU with this folder: ids are reused.
is_up() {
  local words
  [[ -s $state/pid ]] || return 1
  words=$(tr '\0' ' ' 2>/dev/null <"/proc/$(<"$state/pid")/cmdline") || return 1
  [[ $words == *qemu-system-aarch64*" $state/"* ]]
}
is_there() { is_up || fail "no machine runs at '$state'. Start it: machine.sh up"; }

# Keys of this machine alone, in a second initramfs that the kernel unpacks over the first.
make_keys() {
  local keys=$state/keys
  mkdir -m 700 "$keys"
  ssh-keygen -q -t ed25519 -N '' -C manifold-machine -f "$state/key"
  ssh-keygen -q -t ed25519 -N '' -C manifold-machine -f "$keys/ssh_host_ed25519_key"
  cp "$state/key.pub" "$keys/authorized_keys"
  echo "manifold-machine $(cut -d' ' -f1,2 "$keys/ssh_host_ed25519_key.pub")" >"$state/known_hosts"
  bsdtar -C "$state" --format=newc --uid 0 --gid 0 -cf "$state/keys.cpio" keys
  cat "$made/initrd" "$state/keys.cpio" >"$state/initrd"
}

start() {
  qemu-system-aarch64 -M virt -cpu cortex-a76 -smp 2 -m 2500 -display none -monitor none -serial "file:$state/console.log" -no-reboot \
    -kernel "$made/vmlinuz" -initrd "$state/initrd" -append 'console=ttyAMA0 quiet panic=-1' \
    -drive "file=$made/disk,format=raw,if=none,id=disk,snapshot=on" -device virtio-blk-pci,drive=disk,romfile= \
    -netdev user,id=net,hostfwd=tcp:127.0.0.1:0-:22 -device virtio-net-pci,netdev=net,romfile= \
    </dev/null >"$state/qemu.log" 2>&1 9>&- &
  echo $! >"$state/pid"
  until is_up || ! kill -0 $! 2>/dev/null; do sleep 0.05; done # until bash has become QEMU
}

# The kernel chose the port, so that nothing else can take it meanwhile.
find_port() {
  local port
  for _ in $(seq 300); do
    port=$(ss -Htlnp | sed -nE "s/.*127\.0\.0\.1:([0-9]+) .*pid=$(<"$state/pid"),.*/\1/p" | head -1)
    [[ -z $port ]] || break
    is_up || fail "QEMU ended: $(tail -n 3 "$state/qemu.log")"
    sleep 0.1
  done
  [[ -n $port ]] || fail "QEMU opened no port."
  printf '%s\n' 'Host machine builder' '  HostName 127.0.0.1' '  HostKeyAlias manifold-machine' "  Port $port" \
    "  IdentityFile \"$state/key\"" '  IdentitiesOnly yes' "  UserKnownHostsFile \"$state/known_hosts\"" \
    '  LogLevel ERROR' \
    '  ServerAliveInterval 60' 'Host machine' '  User root' "  ControlPath \"$state/control\"" \
    'Host builder' '  User builder' >"$state/ssh_config"
}

# One connection stays open for all commands: opening one costs a second of an emulated processor.
connect() {
  local timeout=5 begin=$SECONDS # a busy machine gets more time with each attempt
  while (( SECONDS - begin < boot_seconds )); do
    ! secure_shell -o ConnectTimeout=$(( timeout++ )) -o ControlMaster=yes -fN machine >/dev/null 2>"$state/ssh.log" </dev/null 9>&- || return 0
    is_up || fail "It did not boot: $(tail -n 5 "$state/console.log" "$state/qemu.log")"
    sleep 0.5
  done
  fail "It does not answer after $boot_seconds seconds: $(cat "$state/ssh.log"; tail -n 5 "$state/console.log")"
}

up() {
  local hold=${1:-}
  [[ -z $hold || $hold == --hold ]] || usage "unknown: $hold"
  ! is_up || fail "a machine runs at '$state' already. End it: machine.sh down"
  made=$("$here/make.sh") || exit
  # A path of a socket has at most 107 bytes.
  (( ${#state} < 90 )) || fail "the path '$state' is too long. Give a shorter one: machine.sh --at FOLDER"
  down
  mkdir -p "$state"
  trap down EXIT; trap 'exit 130' INT; trap 'exit 143' TERM
  make_keys
  [[ -z $hold ]] || end_with_input
  start
  find_port
  connect
  echo "ssh -F $state/ssh_config machine"
  if [[ -n $hold ]]; then
    trap 'exit 0' USR1
    wait "$watcher"
  else
    trap - EXIT
  fi
}

# Ends this script, also during the boot, when standard input ends. Sets watcher.
end_with_input() {
  trap 'exit 130' USR1
  { while read -r _; do :; done; kill -USR1 $$; } <&0 >/dev/null 2>&1 9>&- &
  watcher=$!
  trap 'kill "$watcher" 2>/dev/null || true; down' EXIT
}

run() { # command…
  is_there
  (( $# )) || usage "run what?"
  secure_shell machine -- "$(printf '%q ' "$@")"
}

put() { # file… folder
  (( $# >= 2 )) || usage "put what, and where?"
  is_there
  local target=${*: -1} each paths=()
  for each in "${@:1:$#-1}"; do paths+=(-C "$(cd "$(dirname "$each")" && pwd)" "$(basename "$each")"); done
  tar -I 'gzip -1' -cf - --owner=0 --group=0 "${paths[@]}" |
    secure_shell machine -- "$(printf 'mkdir -p %q && tar -xzf - -C %q' "$target" "$target")"
}

reach() { # port
  is_there
  [[ ${1:-} =~ ^[0-9]+$ ]] || usage "reach which port?"
  secure_shell -O forward -R "127.0.0.1:$1:127.0.0.1:$1" machine
}

down() {
  local pid
  if is_up; then
    pid=$(<"$state/pid")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 200); do is_up || break; sleep 0.05; done
    ! is_up || kill -KILL "$pid"
  fi
  rm -rf "$state"/{pid,keys,key,key.pub,keys.cpio,initrd,known_hosts,ssh_config,control,ssh.log,qemu.log}
}

if [[ ${1:-} == --at ]]; then
  [[ -n ${2:-} ]] || usage "--at needs a folder"
  state=$2
  shift 2
fi
state=$(realpath -m "$state")
case ${1:-} in
  up | run | put | reach | down) "$@" ;;
  -h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" ;;
  *) usage "unknown: ${1:-no command}" ;;
esac
