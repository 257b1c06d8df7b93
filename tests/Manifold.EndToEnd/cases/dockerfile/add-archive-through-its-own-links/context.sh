python3 - <<'P'
from odd_tar import write, D, F, S, H
entries = [("a", D, ""), ("b", S, "a"), ("b/x", F, "x"), ("c", S, "/a"), ("c/y", F, "y"), ("a/out", S, "../../../a"), ("a/out/z", F, "z"), ("d", S, "b"), ("d/deep/er", F, "d"),
           ("e", S, "a"), ("e", D, ""), ("e/own", F, "own"), ("f/gone", F, "g"), ("f", S, "a"), ("f/w", F, "w"), ("hard", H, "b/x"), ("soft", S, "a"), ("both", H, "soft")]
write("a.tar", *entries)
write("b.tar", *entries)
P
