#!/usr/bin/env bash
# Writes completions and manual pages to the folders below FOLDER/share where shells and man look for them.
#   usage: packaging/pages.sh PROGRAM FOLDER
set -euo pipefail
[[ $# == 2 ]] || { sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 2; }
program=$(realpath "$1") share=$2/share
export MANIFOLD_ROOT=/nonexistent # these commands need no store
mkdir -p "$share"/{man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
"$program" man "$share/man/man1"
"$program" completion bash >"$share/bash-completion/completions/manifold"
"$program" completion zsh >"$share/zsh/site-functions/_manifold"
"$program" completion fish >"$share/fish/vendor_completions.d/manifold.fish"
