#!/usr/bin/env bash
# Packs a tree as manifold-VERSION-linux-ARCHITECTURE.tar.gz.
#   usage: packaging/tarball.sh ARCHITECTURE TREE FOLDER
# It contains only files and no folders, so that unpacking it into /usr/local does not change the owner and mode of existing folders.
set -euo pipefail
[[ $# == 3 ]] || { sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 2; }
. "$(dirname "$0")/common.sh"
name=manifold-$(version)-linux-$1
(cd "$2" && find . -type f -printf '%P\n' | LC_ALL=C sort) |
  tar --create --format=ustar --mtime="@$SOURCE_DATE_EPOCH" --owner=root:0 --group=root:0 --mode=u=rwX,go=rX \
    --transform="s|^|$name/|" --directory="$2" --no-recursion --files-from=- |
  gzip -9 --no-name >"$3/$name.tar.gz"
