# Downloads Debian packages for the builds, the examples, the demo, and the tests, and shows that a long command is still running.
# Source this file. It defines functions and runs nothing.
# Mirrors fail: a file is missing, the mirror is slow, or it is down. So each download is retried, a package that is missing from one
# release is taken from another, and errors quote the mirror. apt always checks signatures and checksums.
#   DEBIAN_MIRROR      the mirror's address (default: the one in this machine's apt sources, else http://deb.debian.org/debian)
#   DEBIAN_RELEASES    the releases to try, in order (default: trixie bookworm sid)
#   debian_away        a file that records that the mirror does not answer at all, so that later downloads fail at once (default: none)
#   DEBIAN_KEYRING     the keys that sign the package lists (default: those of the package debian-archive-keyring)

# Runs a command that can be silent for minutes, and shows the elapsed time on stderr. On a terminal, that is one line that is refreshed
# every second. Otherwise, it is a new line after 5 seconds and then every 10. Returns the command's exit code, and does not change its
# input and output. To send the command's output to a file, use to_file: redirecting show_elapsed itself would hide the time, too.
show_elapsed() { # what command [argument…]: 'compiling for amd64' dotnet publish …
  local code=0 what=$1 clock
  shift
  # The clock stops when its standard input ends. So it also stops when this script is killed, by whatever signal.
  exec 8> >(print_elapsed "$what" >&2)
  clock=$!
  "$@" 8>&- || code=$?
  exec 8>&-
  wait "$clock" || true
  return "$code"
}
print_elapsed() { # what
  local code started=$SECONDS next=5 live='' seconds width head tail
  [[ ! -t 2 || ${TERM:-dumb} == dumb ]] || live=1
  trap '[[ ! $live ]] || printf "\r\033[K"; exit' INT # what the script prints after Ctrl-C needs an empty line
  while code=0; read -rt 1 || code=$?; (( code > 128 )); do # 1: end of input; more than 128: a second has passed
    seconds=$((SECONDS - started))
    head="  still $1" tail=" ($seconds s)"
    (( seconds < 120 )) || tail=" ($((seconds / 60)) min $((seconds % 60)) s)"
    if [[ $live ]]; then
      width=$(stty size <&2 2>/dev/null || true) width=${width#* }
      (( ${width:-0} > 20 )) || width=80
      printf '\r\033[K%s%s\r' "${head:0:width-1-${#tail}}" "$tail" # a line that wraps could not be replaced
    elif (( seconds >= next )); then
      echo "$head$tail"
      next=$((seconds + 10))
    fi
  done
  [[ ! $live ]] || printf '\r\033[K'
}
to_file() { "${@:2}" >"$1" 2>&1; } # file command [argument…]

apt_patience=(-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20)

find_mirror() { # the Debian mirror in this machine's apt sources; Ubuntu's mirrors do not count
  local found
  found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
    grep -v '^ *#' | grep -oE 'https?://[^ ]*/debian/?( |$)' | head -1 || true)
  found=${DEBIAN_MIRROR:-${found:-http://deb.debian.org/debian}}
  found=${found% }
  echo "${found%/}"
}

# Prints the first error in apt's output, for example 'http://mirror/…/libc6_2.41_ppc64el.deb: 404 Not Found', and the number of others.
apt_words() { # log
  local said noise='Some index files|Download is performed unsandboxed|Unable to fetch some|apt-get indextargets|apt download|mmdebstrap '
  mapfile -t said < <(sed -nE 's/^E: Failed to fetch ([^ ]+)  (.*)$/\1: \2/p' "$1" |
    sed -E 's/ \[IP: [^]]*\]//; s/  +/ /g' | awk '!told[$0]++')
  (( ${#said[@]} )) ||
    mapfile -t said < <(sed -nE 's/^(E|W): //p' "$1" | grep -vE "^($noise|apt-get .* failed$)" | awk '!told[$0]++')
  (( ${#said[@]} )) || said=("$(tail -n 1 "$1")")
  printf '%s' "${said[0]}"
  (( ${#said[@]} == 1 )) || printf ' (and %s more)' $(( ${#said[@]} - 1 ))
  echo
}

one_line() { paste -sd'|' "$1" | sed 's/|/; /g'; } # file

# Installs packages on this machine. Prints each package that cannot be installed and the reason, and returns 1 if there is one.
apt_install() { # package…
  local log package missing=0
  log=$(mktemp)
  apt-get update -qq "${apt_patience[@]}" >"$log" 2>&1 || echo "apt-get update: $(apt_words "$log")" >&2
  apt_get_install "$@" >"$log" 2>&1 || for package in "$@"; do # one missing package must not prevent the others
    apt_get_install "$package" >"$log" 2>&1 || {
      echo "package $package could not be downloaded or installed: $(apt_words "$log")" >&2
      missing=1
    }
  done
  rm -f "$log"
  return $missing
}
apt_get_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${apt_patience[@]}" "$@"; }

# Writes a tar with the files of Debian packages and their dependencies for one architecture. The packages are unpacked but not
# configured, so no emulator is needed. Uses the first of DEBIAN_RELEASES that has all of them. All files are below usr/, as in current
# Debian, whatever the release. Prints the name of the release. If no release has the packages, returns 1 and writes the reasons to the
# file 'TAR.why', one line for each release.
debian_files() { # architecture in Debian's or Go's spelling ('' for this machine's), package,…, TAR
  local -A names=([arm]=armhf [ppc64le]=ppc64el)
  local name=${1:-$(dpkg --print-architecture)} mirror release log=$3.log list
  local silence='Could not (connect|resolve)|Temporary failure|Something wicked|Connection (timed out|failed)|Unable to connect|Cannot initiate'
  name=${names[$name]:-$name}
  mirror=$(find_mirror)
  list="deb [signed-by=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}] $mirror"
  if [[ -s ${debian_away:-} ]]; then cp "$debian_away" "$3.why"; return 1; fi
  : >"$3.why"
  for release in ${DEBIAN_RELEASES:-trixie bookworm sid}; do
    # The mirror can be a snapshot, whose lists have expired. Its signatures are still checked.
    if show_elapsed "downloading packages for $name from Debian $release" \
      to_file "$log" timeout --foreground --kill-after=60 900 mmdebstrap --format=tar --variant=extract --architectures="$name" \
      --include="$2" \
      --aptopt='Acquire::Check-Valid-Until "false"' \
      --aptopt='Acquire::Retries "3"' --aptopt='Acquire::http::Timeout "20"' --aptopt='Acquire::https::Timeout "20"' \
      --setup-hook='for each in bin sbin lib lib64; do mkdir -p "$1/usr/$each"; ln -s "usr/$each" "$1/$each"; done' \
      "$release" "$3.part" "$list $release main"
    then
      mv "$3.part" "$3"
      rm -f "$3.why" "$log"
      echo "$release"
      return
    fi
    # The mirror is down, so do not wait for it again with the next release.
    if grep -qE "/(In)?Release(\\.gpg)?  ($silence)" "$log"; then
      echo "The mirror $mirror does not answer: $(apt_words "$log")" | tee "$3.why" >&2
      [[ -z ${debian_away:-} ]] || cp "$3.why" "$debian_away"
      break
    fi
    echo "$release does not have all of $2 for $name: $(apt_words "$log")" | tee -a "$3.why" >&2
  done
  rm -f "$3.part" "$log"
  return 1
}
