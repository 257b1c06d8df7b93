#!/usr/bin/env bash
# Makes the pictures of the README from a real run: terminal.svg, what a terminal shows after a bake, and report.png, the report of that bake.
#   usage: docs/pictures/make.sh [PROGRAM]     PROGRAM defaults to artifacts/manifold/manifold
# Needs root, tmux, python3, chromium, and a base image with a shell for amd64 and arm64: BASE (default: localhost:5001/busybox:1, which
# bench/setup-peers.sh makes). Emulation for arm64 must be installed: manifold emulators install.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../../artifacts/manifold/manifold}
base=${BASE:-localhost:5001/busybox:1}
columns=100 rows=32
case ${1:-} in -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit ;; esac
for tool in tmux python3 chromium; do
  command -v "$tool" >/dev/null || { echo "$0: '$tool' is not installed." >&2; exit 4; }
done
work=$(mktemp -d)
trap 'tmux -S "$work/tmux" kill-server 2>/dev/null || true; sleep 0.5; rm -rf "$work"' EXIT

# A shop of four images: a base, two services that compile, and a page that only copies.
shop=$work/shop
mkdir -p "$shop"/{base,api,web,worker}
cat >"$shop/manifold.yaml" <<YAML
registry: ghcr.io/acme
platforms: [linux/amd64, linux/arm64]
tags: ["1.4"]
images:
  base: {context: base}
  api: {context: api}
  worker: {context: worker}
  web: {context: web}
YAML
printf 'FROM %s\nRUN echo "updating the certificates" && sleep 0.4 && mkdir /certs && id >/certs/list\n' "$base" >"$shop/base/Dockerfile"
for service in api worker; do
  on=$([[ $service == worker ]] || echo '--platform=$BUILDPLATFORM ') # one cross-compiles, the other is emulated
  printf 'FROM %sbase AS build\nCOPY main.c .\nRUN i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); done; echo "compiled %s" && cp main.c /%s\nFROM base\nCOPY --from=build /%s /%s\nENTRYPOINT ["/bin/sh", "/%s"]\n' \
    "$on" $service $service $service $service $service >"$shop/$service/Dockerfile"
  echo 'int main(void) { return 0; }' >"$shop/$service/main.c"
done
printf 'FROM base\nCOPY index.html /srv/\nCMD ["/bin/sh"]\n' >"$shop/web/Dockerfile"
echo '<h1>A shop</h1>' >"$shop/web/index.html"

cat >"$work/shell" <<SHELL
PS1='\[\e[1;32m\]\$\[\e[0m\] '
manifold() { $(printf %q "$(realpath "${program%% *}")") "\$@"; }
PROMPT_COMMAND='echo >>$work/prompts'
SHELL
if [[ $program == *.dll ]]; then
  sed -i "s|^manifold() .*|manifold() { dotnet $(printf %q "$(realpath "$program")") \"\$@\"; }|" "$work/shell"
fi
seen() { tmux -S "$work/tmux" "$@"; }
prompts() { # N: waits until the shell asked for a command so often
  for ((i = 0; i < 1200; i++)); do
    [[ ! -e $work/prompts || $(wc -l <"$work/prompts") -lt $1 ]] || { sleep 0.3; return 0; }
    sleep 0.1
  done
  echo "$0: the command did not end." >&2
  exit 1
}
seen -f /dev/null -u new-session -d -x $columns -y $rows -c "$shop" \
  "exec env -i PATH='$PATH' HOME='$work' TERM=screen-256color LC_ALL=C.UTF-8 MANIFOLD_ROOT='$work/store' bash --noprofile --rcfile '$work/shell' -i"
prompts 1
seen send-keys -l 'manifold bake'
seen send-keys Enter
prompts 2
seen capture-pane -e -p >"$work/screen"
python3 "$here/screen.py" $columns <"$work/screen" >"$here/terminal.svg"
seen send-keys -l "clear; manifold report -o $work/report.html"
seen send-keys Enter
prompts 3
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1400,1000 \
  --screenshot="$here/report.png" "file://$work/report.html" >/dev/null 2>&1
ls -l "$here/terminal.svg" "$here/report.png"
for picture in "$here/terminal.svg" "$here/report.png"; do
  (($(stat -c %s "$picture") < 200000)) || { echo "$0: '$picture' is larger than 200 kB." >&2; exit 1; }
done
