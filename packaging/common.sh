# Functions for the scripts in this folder. Source this file from the root of the repository. It defines functions and runs nothing.

say() { echo "${0##*/}: $*" >&2; }
fail() { say "$1"; exit "${2:-4}"; }

need() { # command:package…
  local pair missing=()
  for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}"); done
  (( ${#missing[@]} == 0 )) || fail "some packages are missing. Run: sudo apt-get install ${missing[*]}"
}

this_architecture() { case $(uname -m) in x86_64) echo amd64 ;; aarch64) echo arm64 ;; *) uname -m ;; esac; }

version() { sed -nE 's|.*<Version>([^<]+)</Version>.*|\1|p' Directory.Build.props; }

same_times() { find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +; } # folder

program_of() { # architecture; prints the path of the program, and compiles it unless MANIFOLD_RELEASE_PROGRAMS has it
  if [[ -n ${MANIFOLD_RELEASE_PROGRAMS:-} ]]; then
    echo "$MANIFOLD_RELEASE_PROGRAMS/$1/manifold"
  else
    ./build.sh --arch "$1"
  fi
}
