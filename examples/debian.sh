# Packages of Debian, for the examples, the demo and the tests. Sourced: it defines functions and runs nothing.
# A mirror is somebody else's machine: it may lack a file, answer slowly or be away. So every download is tried again, a package that one
# release lacks is taken from another, and what cannot be had is said in the mirror's own words. apt checks signatures and sums in every case.
#   DEBIAN_MIRROR      the mirror's address (default: the one in this machine's apt sources, else http://deb.debian.org/debian)
#   DEBIAN_RELEASES    the releases that are tried, in order (default: trixie bookworm sid)
#   debian_away        a file that remembers that the mirror does not answer at all, so that it is not waited for again (default: none)
#   DEBIAN_KEYRING     the keys that sign the lists (default: those of the package debian-archive-keyring)

apt_patience=(-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20)

find_mirror() { # the machine's own Debian mirror, if it has one that is Debian's and not Ubuntu's
  local found
  found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
    grep -v '^ *#' | grep -oE 'https?://[^ ]*/debian/?( |$)' | head -1 || true)
  found=${DEBIAN_MIRROR:-${found:-http://deb.debian.org/debian}}
  found=${found% }
  echo "${found%/}"
}

# What apt said that went wrong: the first cause, e.g. 'http://mirror/…/libc6_2.41_ppc64el.deb: 404 Not Found', and how many more there are.
apt_words() { # log
  local said noise='Some index files|Download is performed unsandboxed|Unable to fetch some|apt-get indextargets|apt download|mmdebstrap '
  mapfile -t said < <(sed -nE 's/^E: Failed to fetch ([^ ]+)  (.*)$/\1: \2/p' "$1" |
    sed -E 's/ \[IP: [^]]*\]//; s/  +/ /g' | awk '!told[$0]++')
  (( ${#said[@]} )) ||
    mapfile -t said < <(sed -nE 's/^(E|W): //p' "$1" | grep -vE "^($noise|apt-get .* failed$)" | awk '!told[$0]++')
  (( ${#said[@]} )) || said=("$(tail -n 1 "$1")")
  printf '%s' "${said[0]}"
  (( ${#said[@]} == 1 )) || printf ' (and %s more like it)' $(( ${#said[@]} - 1 ))
  echo
}

one_line() { paste -sd'|' "$1" | sed 's/|/; /g'; } # file

# Installs packages on this machine. Says each one that is not to be had and why; false if there is one.
apt_install() { # package…
  local log package missing=0
  log=$(mktemp)
  apt-get update -qq "${apt_patience[@]}" >"$log" 2>&1 || echo "apt-get update: $(apt_words "$log")" >&2
  apt_get_install "$@" >"$log" 2>&1 || for package in "$@"; do # one that is missing must not take the others with it
    apt_get_install "$package" >"$log" 2>&1 || {
      echo "package $package could not be downloaded or installed: $(apt_words "$log")" >&2
      missing=1
    }
  done
  rm -f "$log"
  return $missing
}
apt_get_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${apt_patience[@]}" "$@"; }

# The files of packages of Debian and of all that these need, for one architecture, unpacked and not configured, for which no emulator is needed.
# The first of DEBIAN_RELEASES that has all of them is taken. Everything is below usr/, as in today's Debian, whatever the release.
# Prints the name of the release. Where no release has them it is false, and the reasons are in the file 'TAR.why', one release a line.
debian_files() { # Debian's or Go's name of the architecture ('' for this machine's), package,…, TAR
  local -A names=([arm]=armhf [ppc64le]=ppc64el)
  local name=${1:-$(dpkg --print-architecture)} mirror release log=$3.log list
  local silence='Could not (connect|resolve)|Temporary failure|Something wicked|Connection (timed out|failed)|Unable to connect|Cannot initiate'
  name=${names[$name]:-$name}
  mirror=$(find_mirror)
  list="deb [signed-by=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}] $mirror"
  if [[ -s ${debian_away:-} ]]; then cp "$debian_away" "$3.why"; return 1; fi
  : >"$3.why"
  for release in ${DEBIAN_RELEASES:-trixie bookworm sid}; do
    # A mirror may be a snapshot, which is expired by its nature; its signatures are checked all the same.
    if timeout --kill-after=60 900 mmdebstrap --format=tar --variant=extract --architectures="$name" --include="$2" \
      --aptopt='Acquire::Check-Valid-Until "false"' \
      --aptopt='Acquire::Retries "3"' --aptopt='Acquire::http::Timeout "20"' --aptopt='Acquire::https::Timeout "20"' \
      --setup-hook='for each in bin sbin lib lib64; do mkdir -p "$1/usr/$each"; ln -s "usr/$each" "$1/$each"; done' \
      "$release" "$3.part" "$list $release main" >"$log" 2>&1
    then
      mv "$3.part" "$3"
      rm -f "$3.why" "$log"
      echo "$release"
      return
    fi
    # Nobody is there: the next release would wait for the same silence.
    if grep -qE "/(In)?Release(\\.gpg)?  ($silence)" "$log"; then
      echo "The mirror $mirror does not answer: $(apt_words "$log")" | tee "$3.why" >&2
      [[ -z ${debian_away:-} ]] || cp "$3.why" "$debian_away"
      break
    fi
    echo "$release has not all of $2 for $name: $(apt_words "$log")" | tee -a "$3.why" >&2
  done
  rm -f "$3.part" "$log"
  return 1
}
