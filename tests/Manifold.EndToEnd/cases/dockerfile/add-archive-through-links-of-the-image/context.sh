python3 - <<'P'
from odd_tar import write, D, F, S, H
write("base.tar", ("usr", D, ""), ("usr/bin", D, ""), ("usr/bin/sh", F, "sh"), ("bin", S, "usr/bin"), ("lib", S, "/usr/lib"), ("usr/lib", D, ""),
      ("up", S, "../../../usr"), ("chain", S, "bin/../lib"), ("opt", D, ""), ("opt/here", S, "there"), ("opt/there", D, ""), ("replaced", S, "usr/bin/sh"))
write("a.tar", ("./", D, ""), ("bin/foo", F, "foo"), ("bin/new/folders/file", F, "f"), ("lib/so", F, "so"), ("lib/so.1", S, "so"), ("up/share", F, "s"), ("chain/c", F, "c"),
      ("lib64/", D, ""), ("bin/hard", H, "bin/foo"), ("usr/hard", H, "usr/bin/foo"), ("replaced", F, "a file now"), ("bin/sub/", D, ""), ("bin/sub/x", F, "x"))
write("b.tar", ("here/x", F, "x"), ("./here/y", F, "y"))
P
