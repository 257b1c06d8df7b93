python3 - <<'P'
from odd_tar import write, D, F, S, H
write("a.tar", ("l", S, "m"), ("m", S, "l"), ("l/x", F, "x"))
P
