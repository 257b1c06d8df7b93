#!/usr/bin/env bash
# Writes 'expected' of the cases in dockerfile/ from what BuildKit makes of them. Nothing of Manifold takes part.
#   usage: [DOCKER="docker -H …"] [NEWER_DOCKER=…] expect-from-buildkit.sh [CASE…]        all cases without CASE
# Needs a docker with buildx and the containerd image store (outputs type=oci,tar=false), localhost:5001/busybox:1 as bench/setup-peers.sh
# makes it, git, skopeo, and python3. TMPDIR must be a folder that DOCKER sees.
# Cases that need a newer BuildKit (case.json, "needs") are built with NEWER_DOCKER, e.g. of newer-buildkit.sh, or are left as they are.
set -euo pipefail
exec python3 "$(dirname "$0")/corpus.py" expect "$@"
