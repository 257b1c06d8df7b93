#!/usr/bin/env bash
# Builds everything and runs all tests. Installs the tools that the tests need. The last line is 'N passed, N failed, N skipped'.
# The tests of tests/Manifold.Tests run first. They need none of these tools: 'dotnet test' runs them in a minute.
#   usage: test.sh [FILTER ...]     filters of the xunit runner, for example -class '*ParsingDigests'
# As root, bench/setup-peers.sh sets up the peers: BuildKit, buildah, two registries, and workloads. Otherwise, the tests that need the peers
# are skipped and say so. With CI=true, the run fails if all tests of a class are skipped, unless something that the class needs could not
# be downloaded. Downloads are retried several times, and errors quote the server.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD
command -v dotnet >/dev/null || { echo "test.sh: the .NET 10 SDK is missing: https://dotnet.microsoft.com/download" >&2; exit 4; }

. examples/debian.sh
undownloaded=() # messages about failed downloads
packages=(runc uidmap passt slirp4netns iproute2 qemu-user-static skopeo umoci docker-registry busybox-static openssh-client apache2-utils libarchive-tools attr libcap2-bin
  bzip2 xz-utils zstd libzstd1 curl jq git gpg gpg-agent python3 python3-jsonschema python3-yaml tmux
  golang-go mmdebstrap binutils qemu-system-arm e2fsprogs kmod zsh fish mandoc man-db lintian nodejs chromium fonts-dejavu-core
  openssh-server tcsh default-jre-headless rpm openssl python3-license-expression libsodium23 libsqlite3-0)
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  missing=(); for p in "${packages[@]}"; do dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p"); done
  if ((${#missing[@]})); then
    echo "==> installing ${missing[*]}"
    log=$(mktemp)
    show_elapsed "installing packages" to_file "$log" apt_install "${missing[@]}" || mapfile -t undownloaded < <(grep '^package ' "$log")
    cat "$log" >&2; rm -f "$log"
  fi
fi

bench=/var/tmp/manifold-bench
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  echo "==> setting up the peers (about 3 minutes the first time)"
  log=$(mktemp)
  set_up_peers() { bench/setup-peers.sh "$bench" </dev/null 2>&1 | tee "$log" | sed -u 's/^/    /'; }
  set_up_peers || { echo "    retrying"; set_up_peers; } || {
    echo "test.sh: the peers could not be set up, so the tests that need them are skipped" >&2
    ! grep -qE 'Failed to fetch|mmdebstrap failed|Unable to locate package|does not have all of|does not answer' "$log" ||
      undownloaded+=("The peers could not be downloaded (see above).")
  }
  rm -f "$log"
  [[ ! -e $bench/environment ]] || . "$bench/environment"
fi

# The tests open the report page in a real browser. The browser comes from Debian, its driver from npm. A node that is not from Debian
# has its own npm.
export MANIFOLD_TEST_PLAYWRIGHT=${MANIFOLD_TEST_PLAYWRIGHT:-$bench/playwright}
if [[ ! -d $MANIFOLD_TEST_PLAYWRIGHT/node_modules/playwright-core ]]; then
  echo "==> installing playwright-core"
  [[ $(id -u) != 0 ]] || command -v npm >/dev/null || show_elapsed "installing npm" apt_install npm || true
  show_elapsed "installing playwright-core" npm install --silent --no-fund --no-audit --fetch-retries 4 --fetch-timeout 60000 \
    --prefix "$MANIFOLD_TEST_PLAYWRIGHT" playwright-core@1.65.1 >/dev/null ||
    undownloaded+=("playwright-core could not be downloaded (see npm's message above).")
fi

# The native programs are compiled while the tests are built. If the packages for the linker cannot be downloaded, or the user is not root
# and they are not installed, the end-to-end tests use the tests' own build of Manifold.
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
show_elapsed "building the tests" dotnet build Manifold.slnx -v quiet --nologo -p:RestoreLockedMode="${CI:-false}" || code=$?
wait $compiling
[[ $code == 0 ]] || exit $code
while read -r arch code; do
  variable=MANIFOLD_TEST_PROGRAM folder=manifold
  [[ $arch == "${programs[0]}" ]] || variable=MANIFOLD_TEST_ARM64_PROGRAM folder=manifold-$arch
  case $code in
    0) export "$variable=$root/artifacts/$folder/manifold" ;;
    77) undownloaded+=("The native program for $arch could not be linked (see build.sh's message above), so $variable is not set.") ;;
    4) [[ $EUID != 0 ]] || exit 4
       undownloaded+=("The native program for $arch could not be built (see build.sh's message above), so $variable is not set.") ;;
    *) exit "$code" ;;
  esac
done <"$native"
rm -f "$native"
export MANIFOLD_MACHINES=${MANIFOLD_MACHINES:-$bench/machines}
echo "==> running the tests"
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
code=0
for project in Manifold.Tests Manifold.EndToEnd; do
  show_elapsed "running the tests of $project" \
    timeout --signal=INT --kill-after=60 45m dotnet "tests/$project/bin/Debug/net10.0/$project.dll" -noColor -noLogo \
    -xml "$reports/$project.xml" "$@" || code=$?
done
python3 - "$reports" "$code" "${undownloaded[@]}" <<'P'
import glob, os, sys, xml.etree.ElementTree as xml
reports, code, undownloaded = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
classes = {}
for test in (test for report in sorted(glob.glob(f"{reports}/*.xml")) for test in xml.parse(report).iter("test")):
    classes.setdefault(test.get("type"), []).append((test.get("result"), test.get("name"), (test.findtext("reason") or "").strip()))
every = [one for tests in classes.values() for one in tests]
count = lambda result: sum(one[0] == result for one in every)
for result, name, reason in every:
    if result == "Skip":
        print(f"skipped: {name}: {reason}")
for one in undownloaded:
    print(one)
# Either a test says that it could not download something, or it needs something that this script could not download.
ours = ("test.sh installs it", "setup-peers.sh", "MANIFOLD_TEST_")
excused = lambda reason: reason.startswith("Could not be downloaded: ") or undownloaded and any(word in reason for word in ours)
whole = [name for name, tests in classes.items() if all(one[0] == "Skip" for one in tests)]
excuses = [name for name in whole if all(excused(one[2]) for one in classes[name])]
whole = [name for name in whole if name not in excuses]
if excuses:
    print("Classes that are skipped because of failed downloads: " + ", ".join(excuses))
if whole and os.environ.get("CI") == "true":
    print("In CI, it is an error if all tests of a class are skipped. Skipped classes: " + ", ".join(whole)); code = code or 1
if not every:
    print("No tests ran."); code = code or 1
print(f"{count('Pass')} passed, {count('Fail')} failed, {count('Skip')} skipped")
sys.exit(code)
P
