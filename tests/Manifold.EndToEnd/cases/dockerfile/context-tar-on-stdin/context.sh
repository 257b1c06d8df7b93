mkdir t; echo a >t/a.txt; printf 'FROM scratch\nCOPY . /all/\n' >t/Dockerfile; mkdir t/sub; echo s >t/sub/s; chmod 750 t/sub; tar --owner=7 --group=8 --numeric-owner -C t -cf context.tar .; rm -r t
