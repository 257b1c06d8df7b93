#!/usr/bin/env python3
"""Prints the table of bench/README.md from the records of run.sh.

  table.py ABOUT RESULTS LOAD

ABOUT has lines NAME<TAB>VALUE. RESULTS has lines WORK<TAB>STATE<TAB>WHO<TAB>MILLISECONDS. If a measurement does not
count, it has 'repeated' instead of the milliseconds.
"""
import collections, statistics, sys

TITLES = {"buildkit": "BuildKit", "buildah": "buildah", "skopeo": "skopeo", "manifold": "Manifold"}
# The highest acceptable ratio to BuildKit, or to skopeo.
AIMS = {("w1", "cold"): 0.8, ("w1", "warm"): 0.2, ("w3", "cold"): 0.4, ("w3", "warm"): 0.06, ("w3n", "cold"): 0.35, ("w3n", "warm"): 0.06,
        ("copy", "empty"): 0.75, ("copy", "manifests"): 1.2}
VERSION_AIM = 25  # milliseconds
WORKS = {"version": "`manifold --version`", "copy empty": "copy into an empty registry", "copy manifests": "copy where only manifests move"}


def duration(milliseconds):
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def cell(values):
    """The median and, if there are several values, the range."""
    text = duration(statistics.median(values))
    return text if len(values) == 1 else f"{text} ({duration(min(values))} – {duration(max(values))})"


def row(work, state, ours, theirs, peer):
    name = " ".join(filter(None, (work, state)))
    peer_cell = f"{TITLES[peer]} {cell(theirs)}" if theirs else ""
    ratio = statistics.median(ours) / statistics.median(theirs) if ours and theirs else None
    aim = AIMS.get((work, state)) if peer != "buildah" else None
    value, limit, aim_text = ratio, aim, f"≤ {aim}"
    if work == "version":
        value, limit, aim_text = statistics.median(ours), VERSION_AIM, f"< {VERSION_AIM} ms"
    if value is None or limit is None:
        aim_text = met = ""
    else:
        met = "met" if (value < limit if work == "version" else value <= limit) else "**missed**"
    cells = [WORKS.get(name, name), cell(ours) if ours else "", peer_cell, "" if ratio is None else f"{ratio:.3f}", aim_text, met]
    return f"| {' | '.join(cells)} |"


def main():
    about = dict(line.rstrip("\n").split("\t", 1) for line in open(sys.argv[1]))
    results, repeated = collections.defaultdict(list), collections.Counter()
    for line in open(sys.argv[2]):
        work, state, who, value = line.rstrip("\n").split("\t")
        if value == "repeated":
            repeated[who] += 1
        else:
            results[work, state, who].append(float(value))
    peers = f" {about['peers']}." if "peers" in about else ""
    rounds = max(map(len, results.values()), default=0)
    print(f"{about['date']}, {about['machine']}, {about['program']}.{peers} "
          f"Medians of {rounds} round{'s' * (rounds != 1)} in one run (lowest – highest). "
          f"The machine's load at the start and after each round: {sys.argv[3]}.")
    for who, count in repeated.items():
        print(f"Measurements of {TITLES[who]} that were repeated because they failed or the registry answered 500: {count}.")
    print("\n| | Manifold | peer | Manifold / peer | target | |\n|---|---|---|---|---|---|")
    for work, state in dict.fromkeys((work, state) for work, state, _ in results):
        ours = results.get((work, state, "manifold"), [])
        for peer in [who for w, s, who in results if (w, s) == (work, state) and who != "manifold"] or [None]:
            print(row(work, state, ours, results.get((work, state, peer), []), peer))


main()
