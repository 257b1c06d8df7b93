#!/usr/bin/env bash
# Builds everything and runs every test; installs what the tests judge with. Ends with a line 'N passed, N failed, N skipped'.
#   usage: test.sh [FILTER ...]     filters of the xunit runner, e.g. -class '*ParsingDigests'
# bench/setup-peers.sh sets up the peers (BuildKit, buildah, two registries, workloads) where this runs as root; elsewhere the tests that need
# them are skipped and say so. With CI=true a class of tests that was skipped whole is a failure, unless what it needs could not
# be downloaded: that is tried several times, is said in the server's own words, and is no fault of the code.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD
command -v dotnet >/dev/null || { echo "test.sh: the .NET 10 SDK is missing: https://dotnet.microsoft.com/download" >&2; exit 4; }

. examples/debian.sh
undownloaded=() # what could not be had, and the server's words
packages=(runc uidmap passt slirp4netns iproute2 qemu-user-static skopeo umoci docker-registry busybox-static openssh-client apache2-utils libarchive-tools attr libcap2-bin
  bzip2 xz-utils zstd libzstd1 curl jq git gpg gpg-agent python3 python3-jsonschema python3-yaml tmux
  golang-go mmdebstrap binutils qemu-system-arm e2fsprogs kmod zsh fish mandoc man-db lintian nodejs chromium fonts-dejavu-core
  default-jre-headless rpm openssl python3-license-expression libsodium23 libsqlite3-0)
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  missing=(); for p in "${packages[@]}"; do dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p"); done
  if ((${#missing[@]})); then
    echo "==> installing ${missing[*]}"
    log=$(mktemp)
    apt_install "${missing[@]}" 2>"$log" || mapfile -t undownloaded < <(grep '^package ' "$log")
    cat "$log" >&2; rm -f "$log"
  fi
fi

bench=/var/tmp/manifold-bench
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  echo "==> peers"
  log=$(mktemp)
  set_up_peers() { bench/setup-peers.sh "$bench" </dev/null 2>&1 | tee "$log" | sed 's/^/    /'; }
  set_up_peers || { echo "    once more"; set_up_peers; } || {
    echo "test.sh: the peers could not be set up; the tests that need them are skipped" >&2
    ! grep -qE 'Failed to fetch|mmdebstrap failed|Unable to locate package|has not all of|does not answer' "$log" ||
      undownloaded+=("The peers could not be downloaded (see above).")
  }
  rm -f "$log"
  [[ ! -e $bench/environment ]] || . "$bench/environment"
fi

# The page of a report is opened in a real browser. Debian has the browser, npm what drives it; a node from elsewhere brings its own npm.
export MANIFOLD_TEST_PLAYWRIGHT=${MANIFOLD_TEST_PLAYWRIGHT:-$bench/playwright}
if [[ ! -d $MANIFOLD_TEST_PLAYWRIGHT/node_modules/playwright-core ]]; then
  echo "==> installing playwright-core"
  [[ $(id -u) != 0 ]] || command -v npm >/dev/null || apt_install npm || true
  npm install --silent --no-fund --no-audit --fetch-retries 4 --fetch-timeout 60000 \
    --prefix "$MANIFOLD_TEST_PLAYWRIGHT" playwright-core@1.65.1 >/dev/null ||
    undownloaded+=("playwright-core could not be downloaded (npm says why above).")
fi

# The native programs are compiled beside the tests. Where what the linker needs cannot be downloaded, or an ordinary user lacks it, the
# end-to-end tests run the tests' own build.
programs=(amd64) native=$(mktemp)
[[ $(uname -m) == x86_64 ]] && programs+=(arm64) || programs=(arm64)
echo "==> building the native program${programs[1]:+, one for arm64,} and the tests"
(
  for arch in "${programs[@]}"; do
    code=0
    ./build.sh --arch "$arch" || code=$?
    echo "$arch $code" >>"$native"
  done
) & compiling=$!
code=0
dotnet build Manifold.slnx -v quiet --nologo -p:RestoreLockedMode="${CI:-false}" || code=$?
wait $compiling
[[ $code == 0 ]] || exit $code
while read -r arch code; do
  variable=MANIFOLD_TEST_PROGRAM folder=manifold
  [[ $arch == "${programs[0]}" ]] || variable=MANIFOLD_TEST_ARM64_PROGRAM folder=manifold-$arch
  case $code in
    0) export "$variable=$root/artifacts/$folder/manifold" ;;
    77) undownloaded+=("The native program for $arch could not be linked (build.sh says why above), so $variable is not set.") ;;
    4) [[ $EUID != 0 ]] || exit 4
       undownloaded+=("The native program for $arch could not be made (build.sh says why above), so $variable is not set.") ;;
    *) exit "$code" ;;
  esac
done <"$native"
rm -f "$native"
export MANIFOLD_MACHINES=${MANIFOLD_MACHINES:-$bench/machines}
echo "==> testing"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
code=0
timeout --signal=INT --kill-after=60 45m dotnet tests/Manifold.Tests/bin/Debug/net10.0/Manifold.Tests.dll -noColor -noLogo -xml "$report" "$@" || code=$?
python3 - "$report" "$code" "${undownloaded[@]}" <<'P'
import os, sys, xml.etree.ElementTree as xml
report, code, undownloaded = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
classes = {}
for test in xml.parse(report).iter("test"):
    classes.setdefault(test.get("type"), []).append((test.get("result"), test.get("name"), (test.findtext("reason") or "").strip()))
every = [one for tests in classes.values() for one in tests]
count = lambda result: sum(one[0] == result for one in every)
for result, name, reason in every:
    if result == "Skip":
        print(f"skipped: {name}: {reason}")
for one in undownloaded:
    print(one)
# A test says itself that it could not download something, or that it lacks what this script could not download for it.
ours = ("test.sh installs it", "setup-peers.sh", "MANIFOLD_TEST_")
excused = lambda reason: reason.startswith("Could not be downloaded: ") or undownloaded and any(word in reason for word in ours)
whole = [name for name, tests in classes.items() if all(one[0] == "Skip" for one in tests)]
excuses = [name for name in whole if all(excused(one[2]) for one in classes[name])]
whole = [name for name in whole if name not in excuses]
if excuses:
    print("Skipped whole, because of what could not be downloaded: " + ", ".join(excuses))
if whole and os.environ.get("CI") == "true":
    print("A whole class was skipped, which CI does not accept: " + ", ".join(whole)); code = code or 1
if not every:
    print("No test ran."); code = code or 1
print(f"{count('Pass')} passed, {count('Fail')} failed, {count('Skip')} skipped")
sys.exit(code)
P
