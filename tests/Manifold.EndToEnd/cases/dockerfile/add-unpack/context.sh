mkdir t; echo a >t/a; tar --sort=name --owner=7 --group=8 --numeric-owner --mtime=@1000000000 -C t -czf a.tar.gz .; rm -r t
