python3 - <<'P'
from odd_tar import write, D, F, S, H
write("a.tar", ("", D, ""), ("", F, "nowhere"), ("./", D, ""), ("/", D, ""), (".", D, ""), ("./dot", F, "d"), ("/absolute", F, "a"), ("//twice//slashed", F, "t"),
      ("../up", F, "u"), ("a/../beside", F, "b"), ("a/../../../far", F, "f"), ("folder/", D, ""), ("folder/in", F, "i"), ("file/", F, "with a slash"),
      ("twice", F, "1"), ("link", H, "twice"), ("twice", F, "2"), ("kind", F, "k"), ("kind", D, ""), ("kind/in", F, "i"), ("back", D, ""), ("back/in", F, "i"), ("back", F, "b"),
      ("./hard", H, "./dot"), ("harder", H, "../dot"))
P
