python3 - <<'P'
from odd_tar import write, D, F, S, H
write("base.tar", ("usr", D, ""), ("usr/bin", D, ""), ("usr/bin/sh", F, "sh"), ("usr/bin/ash", H, "usr/bin/sh"), ("bin", S, "usr/bin"), ("empty", F, ""))
write("a.tar", ("bin/new", H, "bin/sh"), ("newer", H, "usr/bin/ash"), ("hollow", H, "empty"), ("newest", H, "bin/new"))
P
