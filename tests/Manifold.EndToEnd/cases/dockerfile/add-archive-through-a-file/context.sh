python3 - <<'P'
from odd_tar import write, D, F, S, H
write("a.tar", ("l", F, "f"), ("l/x", F, "x"))
P
