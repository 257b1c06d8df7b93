mkdir -p t/linked; echo new >t/linked/new; tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1000000000 -C t -cf a.tar linked/new; rm -r t
