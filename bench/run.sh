#!/usr/bin/env bash
# Measures Manifold against BuildKit and skopeo, and prints the table of bench/README.md (Markdown) to standard output.
# Sets up the peers (setup-peers.sh) and builds Manifold (build.sh) if they are missing. Needs root on Debian. Measure on an idle machine.
#   usage: [MANIFOLD=PROGRAM] run.sh [OPTION…]        PROGRAM defaults to artifacts/manifold/manifold
#     -w, --workloads LIST   what to measure (default: "version w1 w3 w3n copy")
#     -b, --builders LIST    the builders for w1, w3, and w3n (default: "manifold buildkit"; also: buildah)
#     -s, --states LIST      states of w1, w3, and w3n (default: "cold warm edit")
#     -n, --rounds N         number of rounds; the table has their medians (default: 5)
#     -f, --folder FOLDER    where the peers are (default: /var/tmp/manifold-bench)
#         --check            also compare the builders' images, path by path
#         --dry-run          print what would be measured, and change nothing
# States:  cold  the builder has no cache, and the registry has only the base images
#          warm  the same build again, without changes
#          edit  one file of the context has changed since the last build
# Each build ends with a push to a registry on this machine. BuildKit, the registry, the files to build, and all stored data are used only
# by this run, and are removed at its end. After Ctrl-C, they are removed, too, and the table of the finished measurements is printed. The
# peers of the tests are not affected.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$bench/builders.sh"

works="version w1 w3 w3n copy" builders="manifold buildkit" states="cold warm edit" rounds=5 check='' dry=''
while (($#)); do
  case $1 in -w | --workloads | -b | --builders | -s | --states | -n | --rounds | -f | --folder)
    (($# > 1)) || { echo "run.sh: $1 needs a value (see run.sh --help)" >&2; exit 2; } ;;
  esac
  case $1 in
    -w | --workloads) works=$2; shift ;;
    -b | --builders) builders=$2; shift ;;
    -s | --states) states=$2; shift ;;
    -n | --rounds) rounds=$2; shift ;;
    -f | --folder) use_folder "$(realpath -m "$2")"; shift ;;
    --check) check=1 ;;
    --dry-run) dry=1 ;;
    -h | --help) print_usage; exit ;;
    *) echo "run.sh: unknown option $1 (see run.sh --help)" >&2; exit 2 ;;
  esac
  shift
done

require() { # OPTION VALUES ALLOWED: fails unless every value is allowed
  local value
  for value in $2; do
    [[ " $3 " == *" $value "* ]] || { echo "run.sh: $1: '$value' is not one of: $3" >&2; exit 2; }
  done
}
require --workloads "$works" "version w1 w3 w3n copy"
require --builders "$builders" "manifold buildkit buildah"
require --states "$states" "cold warm edit"
[[ $rounds =~ ^[1-9][0-9]*$ ]] || { echo "run.sh: --rounds needs a number of at least 1" >&2; exit 2; }
has() { [[ " $1 " == *" $2 "* ]]; } # LIST WORD

# --- each measurement is a line 'work state who milliseconds' in $run/results

record() { # WORK STATE WHO
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$took" >>"$run/results"
  say "$1 $2: $3 $((took / 1000)).$(printf %03d $((took % 1000))) s"
}

# A registry can answer 500 if several clients push at once (README: "A registry that answers 500"). Such a measurement does not count, even
# if the builder retried and succeeded. It is repeated from its initial state.
measure() { # BUILDER WORK STATE
  local try before problem
  for try in 1 2 3 4 5; do
    case $3 in
      cold) forget "$1"; empty_registry ;;
      edit) edit "$2" "after edit $round, try $try" ;;
    esac
    before=$(faults_of_registry)
    if clock build "$1" "$2" >"$run/build.log" 2>&1; then
      (($(faults_of_registry) > before)) || { record "$2" "$3" "$1"; return; }
      problem="the registry answered 500"
    else
      problem=$(grep -iE 'error|unexpected|manifold:' "$run/build.log" | tail -1 | cut -c1-200)
    fi
    cat "$run/build.log" >>"$peers/bench-failures.log"
    printf '%s\t%s\t%s\trepeated\n' "$2" "$3" "$1" >>"$run/results"
    say "$2 $3: repeating $1: $problem"
    [[ $3 == cold ]] || prepare "$1" "$2"
  done
  fail "$1 failed five times at $2 $3: see $peers/bench-failures.log"
}
prepare() { # BUILDER WORK: the builds before warm and edit, which are not measured
  local try
  for try in 1 2 3 4 5; do ! build "$1" "$2" >"$run/build.log" 2>&1 || return 0; done
  fail "$1 cannot build $2: $(tail -3 "$run/build.log")"
}

measure_builds() { # WORK ROUND
  local builder state
  for builder in $(in_turn "$2" "$builders"); do
    edit "$1" "before edit $2"
    has "$states" cold || { forget "$builder"; empty_registry; prepare "$builder" "$1"; }
    for state in $states; do measure "$builder" "$1" "$state"; done
    [[ ! $check || $2 != 1 ]] || keep_image "$builder" "$1"
  done
  [[ ! $check || $2 != 1 ]] || compare_images "$1"
}

measure_version() { # measures the median of 25 starts
  local begin times=()
  for _ in {1..25}; do
    begin=${EPOCHREALTIME/[.,]/}
    "$manifold" --version >/dev/null
    times+=($((${EPOCHREALTIME/[.,]/} - begin)))
  done
  took=$(printf '%s\n' "${times[@]}" | median | awk '{print $1 / 1000}')
  printf 'version\t\tmanifold\t%s\n' "$took" >>"$run/results"
  say "version: $took ms"
}

measure_copies() { # ROUND: into an empty registry, then into a second repository of it, where only manifests are transferred
  local who
  for who in $(in_turn "$1" "manifold skopeo"); do
    forget_copies "$who"
    rm -rf "$run/registry/docker"
    clock copy "$who" "localhost:$port/copy/first:1" >"$run/build.log" 2>&1 || fail "$who cannot copy: $(tail -3 "$run/build.log")"
    record copy empty "$who"
    clock copy "$who" "localhost:$port/copy/second:1" >"$run/build.log" 2>&1 || fail "$who cannot copy: $(tail -3 "$run/build.log")"
    record copy manifests "$who"
  done
}

in_turn() { # ROUND LIST: prints the list, in reverse order in every second round, so that no builder is always first
  if (($1 % 2)); then echo "$2"; else tr ' ' '\n' <<<"$2" | tac | paste -sd' '; fi
}

# --- the run

about_machine() { # prints lines 'name<TAB>value' for the table
  local model
  model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1)
  printf 'date\t%s\n' "$(date -u +%F)"
  printf 'machine\t%s × %s, %s GB, Linux %s\n' "$(nproc)" "${model:-$(uname -m)}" \
    "$(awk '/^MemTotal/ {printf "%.0f", $2 / 1e6}' /proc/meminfo)" "$(uname -r | grep -oE '^[0-9]+\.[0-9]+')"
  printf 'program\t%s, %s MB\n' "$("$manifold" --version)" "$(stat -Lc %s "$manifold" | awk '{printf "%.0f", $1 / 1e6}')"
  [[ ! $needs_peers ]] || printf 'peers\t%s\n' "$(versions | tr -d '\n')"
}

plan() {
  local work
  echo "rounds: $rounds"
  for work in $works; do
    case $work in
      version) echo "version: 25 starts" ;;
      copy) echo "copy: manifold skopeo: empty manifests" ;;
      *) echo "$work: $builders: $states" ;;
    esac
  done
}

run_all() {
  needs_peers=''
  [[ $works == version ]] || needs_peers=1
  if [[ $dry ]]; then plan; return; fi
  find_manifold
  [[ ! $needs_peers ]] || { need_root; "$bench/setup-peers.sh" "$peers"; remove_leftovers; }
  begin_run
  trap end_run EXIT
  trap 'exit 130' INT TERM HUP
  [[ ! $needs_peers ]] || start_peers
  about_machine >"$run/about"
  : >"$run/results"
  load=$(cut -d' ' -f1 /proc/loadavg)
  for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds"
    for work in $works; do
      case $work in
        version) measure_version ;;
        copy) measure_copies "$round" ;;
        *) measure_builds "$work" "$round" ;;
      esac
    done
    load+=" $(cut -d' ' -f1 /proc/loadavg)"
  done
}
print_table() { python3 "$bench/table.py" "$run/about" "$run/results" "$load"; }
run_all; exit # on one line, so that editing this file does not affect a run in progress
