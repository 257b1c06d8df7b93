mkdir t; echo a >t/a; chmod 4755 t/a; mkdir -m 1777 t/d; tar --sort=name --owner=7 --group=8 --numeric-owner --mtime=@1000000000 -C t -cf a.tar .; rm -r t
